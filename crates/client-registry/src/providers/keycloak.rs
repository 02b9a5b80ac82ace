//! Keycloak: <https://www.keycloak.org/securing-apps/oidc-layers>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "keycloak",
    title: "Keycloak",
    settings: &[
        (Key::Issuer, "https://{domain}/realms/{realm}"),
        (Key::Scope, "openid profile email"),
    ],
    needs: &[Key::Domain, Key::Realm],
    ..NOTHING
};
