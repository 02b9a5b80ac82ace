//! Twitch: <https://dev.twitch.tv/docs/authentication/getting-tokens-oidc/>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "twitch",
    title: "Twitch",
    settings: &[
        (Key::Issuer, "https://id.twitch.tv/oauth2"),
        (Key::Scope, "openid user:read:email"),
        // Without it the ID token names the user by number alone.
        (
            Key::AuthorizeParams,
            r#"{"claims": "{\"id_token\":{\"email\":null,\"email_verified\":null,\"picture\":null,\"preferred_username\":null}}"}"#,
        ),
        (Key::TokenEndpointAuthMethod, "client_secret_post"),
        (Key::ApiBaseUrl, "https://api.twitch.tv/helix/"),
        (Key::IdTokenSignedResponseAlg, "RS256"),
        (Key::Quirks, "client_id_header"),
    ],
    ..NOTHING
};
