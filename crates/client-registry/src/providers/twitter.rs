//! Twitter's API 1.1 by OAuth 1.0a:
//! <https://developer.x.com/en/docs/authentication/oauth-1-0a/obtaining-user-access-tokens>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "twitter",
    title: "Twitter",
    settings: &[
        (Key::RequestTokenUrl, "https://api.twitter.com/oauth/request_token"),
        (Key::AuthorizeUrl, "https://api.twitter.com/oauth/authenticate"),
        (Key::AccessTokenUrl, "https://api.twitter.com/oauth/access_token"),
        (Key::ApiBaseUrl, "https://api.twitter.com/1.1/"),
        (
            Key::UserinfoEndpoint,
            "account/verify_credentials.json?include_email=true&skip_status=true",
        ),
    ],
    claims: &[
        ("sub", "/id_str"),
        ("name", "/name"),
        ("preferred_username", "/screen_name"),
        ("email", "/email"),
        ("picture", "/profile_image_url_https"),
    ],
    shows_verified_email_only: true,
    ..NOTHING
};
