//! GitHub: <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps>.

use super::Preset;
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "github",
    title: "GitHub",
    settings: &[
        (Key::AuthorizeUrl, "https://github.com/login/oauth/authorize"),
        (Key::AccessTokenUrl, "https://github.com/login/oauth/access_token"),
        (Key::ApiBaseUrl, "https://api.github.com/"),
        (Key::UserinfoEndpoint, "user"),
        (Key::Scope, "read:user user:email"),
        (Key::Quirks, "error_in_200"),
    ],
    profile: Some(&[
        ("sub", "/id"),
        ("preferred_username", "/login"),
        ("picture", "/avatar_url"),
        ("profile", "/html_url"),
    ]),
};
