//! Google: <https://developers.google.com/identity/openid-connect/openid-connect>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "google",
    title: "Google",
    settings: &[
        (Key::Issuer, "https://accounts.google.com"),
        (Key::Scope, "openid email profile"),
        (Key::ApiBaseUrl, "https://www.googleapis.com/"),
        (Key::IdTokenSignedResponseAlg, "RS256"),
    ],
    ..NOTHING
};
