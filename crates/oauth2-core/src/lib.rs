//! OAuth 2.0 for clients: authorization requests, callbacks, token endpoint. No I/O, no clock.
#![forbid(unsafe_code)]
