//! Spotify: <https://developer.spotify.com/documentation/web-api/tutorials/code-flow>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "spotify",
    title: "Spotify",
    settings: &[
        (Key::AuthorizeUrl, "https://accounts.spotify.com/authorize"),
        (Key::AccessTokenUrl, "https://accounts.spotify.com/api/token"),
        (Key::ApiBaseUrl, "https://api.spotify.com/v1/"),
        (Key::UserinfoEndpoint, "me"),
        (Key::Scope, "user-read-email"),
    ],
    claims: &[
        // `id` may change; Spotify says to link accounts by this, since May 2026.
        ("sub", "/account_id"),
        ("name", "/display_name"),
        // Spotify says of it that it is unverified.
        ("email", "/email"),
        ("picture", "/images/0/url"),
    ],
    ..NOTHING
};
