//! Okta: <https://developer.okta.com/docs/concepts/auth-servers/>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "okta",
    title: "Okta",
    settings: &[(Key::Issuer, "https://{domain}"), (Key::Scope, "openid profile email")],
    needs: &[Key::Domain],
    ..NOTHING
};
