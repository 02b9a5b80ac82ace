#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod extract;
mod layer;
mod respond;

pub use extract::{Callback, Client, OAuth, SameOrigin};
pub use layer::{OAuthLayer, OAuthService, ResponseFuture};
pub use respond::{Error, Redirect};

pub use client_registry;
pub use client_registry::{
    Authorized, Env, Key, LoginOptions, LogoutOptions, Provider, Registry, Seal, Toml, UserInfo,
    providers,
};
