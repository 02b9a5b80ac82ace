//! LinkedIn:
//! <https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "linkedin",
    title: "LinkedIn",
    settings: &[
        (Key::Issuer, "https://www.linkedin.com/oauth"),
        (Key::Scope, "openid profile email"),
        (Key::TokenEndpointAuthMethod, "client_secret_post"),
        (Key::ApiBaseUrl, "https://api.linkedin.com/"),
        (Key::IdTokenSignedResponseAlg, "RS256"),
        // PKCE is for native applications, at endpoints of their own.
        (Key::Quirks, "no_nonce no_pkce no_token_type comma_scopes_granted"),
    ],
    ..NOTHING
};
