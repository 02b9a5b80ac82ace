//! Trello: <https://developer.atlassian.com/cloud/trello/guides/rest-api/authorization/>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "trello",
    title: "Trello",
    settings: &[
        (Key::RequestTokenUrl, "https://trello.com/1/OAuthGetRequestToken"),
        (Key::AuthorizeUrl, "https://trello.com/1/OAuthAuthorizeToken"),
        // The right `account` would show the e-mail address, and lets one change the account.
        (Key::AuthorizeParams, "scope=read&expiration=1day"),
        (Key::AccessTokenUrl, "https://trello.com/1/OAuthGetAccessToken"),
        (Key::ApiBaseUrl, "https://api.trello.com/1/"),
        (Key::UserinfoEndpoint, "members/me"),
    ],
    claims: &[
        ("sub", "/id"),
        ("name", "/fullName"),
        ("preferred_username", "/username"),
        ("email", "/email"),
        ("picture", "{/avatarUrl}/170.png"),
        ("locale", "/prefs/locale"),
    ],
    ..NOTHING
};
