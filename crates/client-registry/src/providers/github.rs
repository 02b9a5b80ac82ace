//! GitHub: <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "github",
    title: "GitHub",
    settings: &[
        (Key::AuthorizeUrl, "https://github.com/login/oauth/authorize"),
        (Key::AccessTokenUrl, "https://github.com/login/oauth/access_token"),
        (Key::TokenEndpointAuthMethod, "client_secret_post"),
        (Key::ApiBaseUrl, "https://api.github.com/"),
        (Key::UserinfoEndpoint, "user"),
        (Key::Scope, "read:user user:email"),
        (Key::Quirks, "error_in_200 comma_scopes_granted"),
    ],
    instead: Some((
        Key::Domain,
        &[
            (Key::AuthorizeUrl, "https://{domain}/login/oauth/authorize"),
            (Key::AccessTokenUrl, "https://{domain}/login/oauth/access_token"),
            (Key::ApiBaseUrl, "https://{domain}/api/v3/"),
        ],
    )),
    claims: &[
        ("sub", "/id"),
        ("name", "/name"),
        ("preferred_username", "/login"),
        ("email", "/emails/0/email"),
        ("email_verified", "/emails/0/verified"),
        ("picture", "/avatar_url"),
        ("profile", "/html_url"),
    ],
    // The profile shows the address that the user made public, if any, and says nothing of it.
    emails: Some("user/emails"),
    ..NOTHING
};
