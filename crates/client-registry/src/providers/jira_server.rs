//! Jira Server and Data Center:
//! <https://developer.atlassian.com/server/jira/platform/oauth/>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "jira-server",
    title: "Jira",
    settings: &[
        (Key::RequestTokenUrl, "https://{domain}/plugins/servlet/oauth/request-token"),
        (Key::AuthorizeUrl, "https://{domain}/plugins/servlet/oauth/authorize"),
        (Key::AccessTokenUrl, "https://{domain}/plugins/servlet/oauth/access-token"),
        (Key::SignatureMethod, "RSA-SHA1"),
        (Key::ApiBaseUrl, "https://{domain}/rest/api/2/"),
        (Key::UserinfoEndpoint, "myself"),
    ],
    needs: &[Key::Domain, Key::RsaKey],
    claims: &[
        // `name` may be changed, the key stays.
        ("sub", "/key"),
        ("name", "/displayName"),
        ("preferred_username", "/name"),
        ("email", "/emailAddress"),
        ("picture", "/avatarUrls/48x48"),
        ("locale", "/locale"),
    ],
    ..NOTHING
};
