//! X: <https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "x",
    title: "X",
    settings: &[
        (Key::AuthorizeUrl, "https://x.com/i/oauth2/authorize"),
        (Key::AccessTokenUrl, "https://api.x.com/2/oauth2/token"),
        (Key::TokenEndpointAuthMethod, "client_secret_basic"),
        (Key::RevocationEndpoint, "https://api.x.com/2/oauth2/revoke"),
        (Key::ApiBaseUrl, "https://api.x.com/2/"),
        // With the scope users.email and the field confirmed_email also the e-mail address.
        (Key::UserinfoEndpoint, "users/me?user.fields=profile_image_url"),
        (Key::Scope, "users.read tweet.read"),
    ],
    claims: &[
        ("sub", "/data/id"),
        ("name", "/data/name"),
        ("preferred_username", "/data/username"),
        ("email", "/data/confirmed_email"),
        ("picture", "/data/profile_image_url"),
    ],
    shows_verified_email_only: true,
    ..NOTHING
};
