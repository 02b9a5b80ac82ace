//! GitLab: <https://docs.gitlab.com/integration/openid_connect_provider/>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "gitlab",
    title: "GitLab",
    settings: &[
        (Key::Issuer, "https://gitlab.com"),
        (Key::Scope, "openid profile email"),
        (Key::ApiBaseUrl, "https://gitlab.com/api/v4/"),
        (Key::IdTokenSignedResponseAlg, "RS256"),
    ],
    instead: Some((
        Key::Domain,
        &[(Key::Issuer, "https://{domain}"), (Key::ApiBaseUrl, "https://{domain}/api/v4/")],
    )),
    ..NOTHING
};
