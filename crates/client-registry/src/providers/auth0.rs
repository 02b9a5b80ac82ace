//! Auth0: <https://auth0.com/docs/get-started/applications/configure-applications-with-oidc-discovery>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "auth0",
    title: "Auth0",
    settings: &[
        // Its documents write the slash.
        (Key::Issuer, "https://{domain}/"),
        (Key::Scope, "openid profile email"),
    ],
    needs: &[Key::Domain],
    ..NOTHING
};
