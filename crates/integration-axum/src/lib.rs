//! client-registry in axum's words: extractors, a layer, responses.
#![forbid(unsafe_code)]
