//! Logins under way: what is kept between sending the user away and the callback, and where.

pub(crate) mod cookies;
pub(crate) mod pending;
pub(crate) mod replay;
pub(crate) mod seal;
pub(crate) mod ticket;

pub use pending::PendingLogin;
pub use replay::ReplaySet;
pub use seal::Seal;
