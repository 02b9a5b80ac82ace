#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod fairing;
mod types;

pub use fairing::OAuthFairing;
pub use types::{Callback, Client, Error, OAuth, Redirect, SameOrigin};

pub use client_registry;
pub use client_registry::{
    Authorized, Env, Key, LoginOptions, LogoutOptions, Provider, Registry, Seal, Toml, UserInfo,
    providers,
};
