//! OpenID Connect relying party: discovery, ID Tokens, UserInfo, keys. No I/O, no clock.
#![forbid(unsafe_code)]
