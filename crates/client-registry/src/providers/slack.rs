//! Slack: <https://docs.slack.dev/authentication/sign-in-with-slack>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "slack",
    title: "Slack",
    settings: &[
        (Key::Issuer, "https://slack.com"),
        (Key::Scope, "openid profile email"),
        (Key::TokenEndpointAuthMethod, "client_secret_post"),
        (Key::ApiBaseUrl, "https://slack.com/api/"),
        (Key::IdTokenSignedResponseAlg, "RS256"),
        // PKCE has to be turned on for an application, which then counts as a public client.
        (Key::Quirks, "no_pkce error_in_200"),
    ],
    ..NOTHING
};
