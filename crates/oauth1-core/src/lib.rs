//! OAuth 1.0a: signing, verifying and the three legs of RFC 5849. No I/O, no clock.
#![forbid(unsafe_code)]
