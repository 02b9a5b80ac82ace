//! Atlassian's cloud: <https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "atlassian",
    title: "Atlassian",
    settings: &[
        (Key::AuthorizeUrl, "https://auth.atlassian.com/authorize"),
        (Key::AuthorizeParams, "audience=api.atlassian.com&prompt=consent"),
        (Key::AccessTokenUrl, "https://auth.atlassian.com/oauth/token"),
        (Key::TokenEndpointAuthMethod, "client_secret_post"),
        (Key::ApiBaseUrl, "https://api.atlassian.com/"),
        (Key::UserinfoEndpoint, "me"),
        (Key::Scope, "read:me"),
    ],
    claims: &[
        ("sub", "/account_id"),
        ("name", "/name"),
        ("email", "/email"),
        ("email_verified", "/email_verified"),
        ("picture", "/picture"),
        ("locale", "/locale"),
    ],
    ..NOTHING
};
