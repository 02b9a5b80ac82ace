//! The HTTP client of client-registry on reqwest.
#![forbid(unsafe_code)]
