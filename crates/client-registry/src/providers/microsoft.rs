//! Microsoft: <https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "microsoft",
    title: "Microsoft",
    settings: &[
        // Everyone's documents name a template; a token names the tenant of its user.
        (Key::Issuer, "https://login.microsoftonline.com/{tenantid}/v2.0"),
        (
            Key::ServerMetadataUrl,
            "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
        ),
        (Key::Scope, "openid profile email"),
        (Key::ApiBaseUrl, "https://graph.microsoft.com/v1.0/"),
        (Key::IdTokenSignedResponseAlg, "RS256"),
    ],
    instead: Some((
        Key::Tenant,
        &[
            (Key::Issuer, "https://login.microsoftonline.com/{tenant}/v2.0"),
            (Key::ServerMetadataUrl, ""),
        ],
    )),
    ..NOTHING
};
