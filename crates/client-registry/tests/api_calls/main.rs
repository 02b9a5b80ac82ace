//! Calls of a provider's API: what goes where, and what comes back.

mod api;
mod bodies;
mod redirects;
mod tokens;
