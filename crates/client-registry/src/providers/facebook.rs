//! Facebook: <https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "facebook",
    title: "Facebook",
    settings: &[
        // Without a version in the path Facebook takes the oldest that the application may use.
        (Key::AuthorizeUrl, "https://www.facebook.com/dialog/oauth"),
        // The page shows the token request as a GET, which would put the secret into an address; POST
        // is what passport sends (https://passportjs.org/concepts/oauth2/token).
        (Key::AccessTokenUrl, "https://graph.facebook.com/oauth/access_token"),
        (Key::TokenEndpointAuthMethod, "client_secret_post"),
        (Key::ApiBaseUrl, "https://graph.facebook.com/"),
        (Key::UserinfoEndpoint, "me?fields=id,name,first_name,last_name,email,picture"),
        (Key::Scope, "email public_profile"),
    ],
    claims: &[
        ("sub", "/id"),
        ("name", "/name"),
        ("given_name", "/first_name"),
        ("family_name", "/last_name"),
        ("email", "/email"),
        ("picture", "/picture/data/url"),
    ],
    ..NOTHING
};
