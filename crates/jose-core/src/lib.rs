//! JOSE for clients: JWS, JWK, JWK Sets and JWT claims. Bytes in, claims out; no I/O, no clock.
#![forbid(unsafe_code)]
