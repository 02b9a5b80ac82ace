//! Discord: <https://discord.com/developers/docs/topics/oauth2>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "discord",
    title: "Discord",
    settings: &[
        (Key::AuthorizeUrl, "https://discord.com/oauth2/authorize"),
        (Key::AccessTokenUrl, "https://discord.com/api/oauth2/token"),
        (Key::RevocationEndpoint, "https://discord.com/api/oauth2/token/revoke"),
        (Key::ApiBaseUrl, "https://discord.com/api/v10/"),
        (Key::UserinfoEndpoint, "users/@me"),
        (Key::Scope, "identify email"),
    ],
    claims: &[
        ("sub", "/id"),
        ("name", "/global_name"),
        ("preferred_username", "/username"),
        ("email", "/email"),
        ("email_verified", "/verified"),
        ("picture", "https://cdn.discordapp.com/avatars/{/id}/{/avatar}.png"),
        ("locale", "/locale"),
    ],
    ..NOTHING
};
