//! Apple: <https://developer.apple.com/documentation/signinwithapple/authenticating-users-with-sign-in-with-apple>.

use super::{NOTHING, Preset};
use crate::settings::Key;

pub(super) static PRESET: Preset = Preset {
    name: "apple",
    title: "Apple",
    settings: &[
        (Key::Issuer, "https://appleid.apple.com"),
        (Key::Scope, "openid name email"),
        // Apple asks for it wherever scopes are asked for.
        (Key::ResponseMode, "form_post"),
        (Key::TokenEndpointAuthMethod, "client_secret_post"),
        (Key::IdTokenSignedResponseAlg, "RS256"),
        // There is no such endpoint.
        (Key::Userinfo, "never"),
    ],
    needs: &[Key::TeamId, Key::KeyId, Key::PrivateKey],
    ..NOTHING
};
