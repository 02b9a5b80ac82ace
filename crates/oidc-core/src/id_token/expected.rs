//! What one login's ID Token must agree with (OIDC Core §3.1.3.7, §3.2.2.11, §3.3.2.11, §12.2).

use std::fmt;
use std::time::Duration;

use protocol_core::AccessToken;

use crate::claims::Original;
use crate::nonce::Nonce;

/// What one login asked for and received, that its ID Token must agree with.
///
/// It begins with where the ID Token came from, and is borrowed from the login for one call of
/// [`verify_with`](crate::IdTokenVerifier::verify_with).
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    pub(crate) origin: Origin<'a>,
    pub(crate) access_token: Option<&'a AccessToken>,
    pub(crate) code: Option<&'a str>,
    pub(crate) state: Option<&'a str>,
    pub(crate) sub: Option<&'a str>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) acr: &'a [String],
}

#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// The token endpoint, in exchange for a code.
    Code(Nonce<'a>),
    /// The browser: the front channel, where anyone can write.
    Front { nonce: &'a str, hybrid: bool },
    /// The token endpoint, in exchange for a refresh token.
    Refresh(&'a Original),
}

impl<'a> Expected<'a> {
    /// An ID Token from the token endpoint, in exchange for a code.
    pub fn code(nonce: Nonce<'a>) -> Self {
        Expected::from(Origin::Code(nonce))
    }

    /// An ID Token from the authorization endpoint, without a code (`response_type` `id_token` or
    /// `id_token token`). The nonce is not optional there (OIDC Core §3.2.2.1). If an access token
    /// came along, give it: the ID Token must vouch for it by `at_hash`.
    pub fn implicit(nonce: &'a str) -> Self {
        Expected::from(Origin::Front { nonce, hybrid: false })
    }

    /// An ID Token from the authorization endpoint, together with `code`, for which it must vouch
    /// by `c_hash` (OIDC Core §3.3.2.11).
    pub fn hybrid(nonce: &'a str, code: &'a str) -> Self {
        let expected = Expected::from(Origin::Front { nonce, hybrid: true });
        Expected { code: Some(code), ..expected }
    }

    /// An ID Token from the token endpoint, in exchange for a refresh token: of the same issuer,
    /// subject and audience as the first, with the same `auth_time` and the same `nonce` where it
    /// has them (OIDC Core §12.2).
    pub fn refresh(original: &'a Original) -> Self {
        Expected::from(Origin::Refresh(original))
    }

    /// The access token that came with it: `at_hash` must belong to it. From the token endpoint the
    /// ID Token may have no `at_hash`; from the authorization endpoint it must.
    #[must_use]
    pub fn access_token(self, access_token: &'a AccessToken) -> Self {
        Expected { access_token: Some(access_token), ..self }
    }

    /// The code that was exchanged for it: a `c_hash` that is there must belong to it.
    #[must_use]
    pub fn exchanged_code(self, code: &'a str) -> Self {
        Expected { code: Some(code), ..self }
    }

    /// The state of the login: an `s_hash` that is there must belong to it (FAPI 1.0 Part 2, §5.1).
    #[must_use]
    pub fn state(self, state: &'a str) -> Self {
        Expected { state: Some(state), ..self }
    }

    /// The one user who may have logged in: of the hybrid flow's first ID Token (OIDC Core
    /// §3.3.3.6), of an `id_token_hint`, of the session that is being renewed.
    #[must_use]
    pub fn for_sub(self, sub: &'a str) -> Self {
        Expected { sub: Some(sub), ..self }
    }

    /// The `max_age` that was asked for: `auth_time` must be there and recent enough.
    #[must_use]
    pub fn max_age(self, max_age: Duration) -> Self {
        Expected { max_age: Some(max_age), ..self }
    }

    /// The values of `acr` that were asked for as essential (OIDC Core §5.5.1.1): it must be there
    /// and one of them. Values that were but wished for (`acr_values`) are not given here.
    #[must_use]
    pub fn acr(self, values: &'a [String]) -> Self {
        Expected { acr: values, ..self }
    }

    fn from(origin: Origin<'a>) -> Self {
        Expected {
            origin,
            access_token: None,
            code: None,
            state: None,
            sub: None,
            max_age: None,
            acr: &[],
        }
    }
}

/// Shows where the token comes from and what was asked; no nonce, code, token or state.
impl fmt::Debug for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match self.origin {
            Origin::Code(_) => "code",
            Origin::Front { hybrid: false, .. } => "implicit",
            Origin::Front { hybrid: true, .. } => "hybrid",
            Origin::Refresh(_) => "refresh",
        };
        f.debug_struct("Expected")
            .field("origin", &origin)
            .field("max_age", &self.max_age)
            .field("acr", &self.acr)
            .finish_non_exhaustive()
    }
}
