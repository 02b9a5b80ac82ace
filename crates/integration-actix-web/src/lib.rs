#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod middleware;
mod types;

pub use middleware::{OAuthMiddleware, OAuthService, ResponseFuture};
pub use types::{Callback, Client, Error, OAuth, Redirect, SameOrigin};

pub use client_registry;
pub use client_registry::{
    Authorized, Env, Key, LoginOptions, LogoutOptions, Provider, Registry, Seal, Toml, UserInfo,
    providers,
};
