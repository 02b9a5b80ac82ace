//! Logout: begun by the application (OpenID Connect RP-Initiated Logout 1.0), or told to it by the
//! provider, server to server (Back-Channel Logout 1.0) or through the browser (Front-Channel Logout
//! 1.0).

mod back_channel;
mod front_channel;
mod rp_initiated;

pub use back_channel::{LogoutToken, logout_token};
pub use front_channel::FrontChannelLogout;
pub use rp_initiated::{LogoutRequest, LogoutResponse};

use protocol_core::{Error, Reason, percent};

/// The value of a parameter that may occur once; one without a value counts as absent (RFC 6749
/// §3.1).
fn once(text: &[u8], name: &str) -> Result<Option<String>, Error> {
    if text.len() > MOST_BYTES {
        return Err(Reason::MalformedLogout("more than 64 KiB").into());
    }
    let mut values = percent::form_pairs(text).filter(|(n, _)| n == name).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Reason::DuplicateParam(name.to_owned()).into()),
        (value, None) => Ok(value.map(String::from).filter(|value| !value.is_empty())),
    }
}

/// The most that is read of a query or a body. A logout token is far smaller.
const MOST_BYTES: usize = 64 * 1024;
