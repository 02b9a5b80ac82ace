#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cache;
mod connection;
mod failure;

pub use cache::RedisCache;
