#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod middleware;
mod routes;
mod types;

pub use middleware::{OAuthMiddleware, OAuthService, ResponseFuture};
pub use routes::LoginRoutes;
pub use types::{Callback, Client, Error, OAuth, Redirect, SameOrigin, SignedIn, Visitor};

pub use client_registry;
pub use client_registry::{
    Authorized, Env, Key, LoginOptions, LogoutOptions, Provider, Registry, Route, RouteOptions,
    Seal, Toml, UserInfo, providers,
};
