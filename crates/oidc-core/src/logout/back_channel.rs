//! Logout told by the provider, server to server (OpenID Connect Back-Channel Logout 1.0): a logout
//! token in a POST to the application's `backchannel_logout_uri`.

use std::fmt;

use jose_core::{JwkSet, jwt};
use protocol_core::{Error, Reason, ReplayKey, UnixTime, base64url, digest};
use serde_json::Value;

use super::once;
use crate::claims::required;
use crate::id_token::{IdTokenVerifier, rules};

/// The logout token in the body of a request to the `backchannel_logout_uri` (§2.5), not verified.
///
/// # Errors
/// [`Reason::MalformedLogout`] for a body that is no form by its type, has more than 64 KiB, or has
/// no `logout_token`; [`Reason::DuplicateParam`] for one with two.
pub fn logout_token(content_type: Option<&str>, body: &[u8]) -> Result<String, Error> {
    let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    if !media_type.is_some_and(|m| m.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
        return Err(Reason::MalformedLogout("the body is no form, by its type").into());
    }
    once(body, "logout_token")?.ok_or_else(|| Reason::MalformedLogout("no logout_token").into())
}

/// A logout token that was verified: only [`IdTokenVerifier::verify_logout_token`] makes it. It names
/// a session, or a user with all sessions.
#[derive(Clone, PartialEq, Eq)]
pub struct LogoutToken {
    iss: String,
    sub: Option<String>,
    sid: Option<String>,
    iat: UnixTime,
    replay_key: ReplayKey,
}

impl LogoutToken {
    /// The issuer.
    pub fn iss(&self) -> &str {
        &self.iss
    }

    /// Whom it is about. Without a [`sid`](LogoutToken::sid), all of the user's sessions are over.
    pub fn sub(&self) -> Option<&str> {
        self.sub.as_deref()
    }

    /// The session that is over: the one of the ID Tokens with the same `sid`.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// When it was issued.
    pub fn iat(&self) -> UnixTime {
        self.iat
    }

    /// Remember this, and refuse a token whose key is remembered (§2.6, step 8).
    pub fn replay_key(&self) -> &ReplayKey {
        &self.replay_key
    }
}

/// Shows the issuer and the time, not whom it is about.
impl fmt::Debug for LogoutToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutToken")
            .field("iss", &self.iss)
            .field("iat", &self.iat)
            .finish_non_exhaustive()
    }
}

impl IdTokenVerifier {
    /// Verifies a logout token (§2.6): signed as this client's ID Tokens are, by the same issuer, for
    /// this client, in time, about a `sub` or a `sid` or both, and a logout by its `events`.
    ///
    /// Its `typ` is `logout+jwt`, or `JWT`, or none, which older providers leave it at; an ID Token,
    /// or any other kind of token, is refused. That it is not used twice is for the caller to see to,
    /// by [`LogoutToken::replay_key`]. Checks of ID Tokens' claims by
    /// [`check`](IdTokenVerifier::check) are not run.
    ///
    /// ```
    /// use oidc_core::jwk::{Algorithm, JwkSet, SigningKey};
    /// use oidc_core::{IdTokenVerifier, UnixTime};
    ///
    /// # let key = SigningKey::generate(Algorithm::ES256)?;
    /// # let keys = JwkSet::from(key.verification_key().clone());
    /// # let raw = key.sign(Some("logout+jwt"), &[], br#"{"iss": "https://idp.example", "sid": "08a5",
    /// #     "aud": "client-1", "exp": 1700000120, "iat": 1700000000, "jti": "bWJq",
    /// #     "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}"#)?;
    /// let verifier = IdTokenVerifier::new("https://idp.example", "client-1");
    /// let now = UnixTime::from_seconds(1_700_000_010);
    /// let token = verifier.verify_logout_token(&raw, &keys, now)?;
    /// assert_eq!((token.sid(), token.sub()), (Some("08a5"), None));
    /// # Ok::<(), oidc_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`verify_with`](IdTokenVerifier::verify_with); [`Reason::TypMismatch`] for a token of
    /// another kind.
    pub fn verify_logout_token(
        &self,
        raw: &str,
        keys: &JwkSet,
        now: UnixTime,
    ) -> Result<LogoutToken, Error> {
        let verified = self.verify_any_kind(raw, keys)?;
        typed_as_logout(verified.header().typ())?;
        let claims = verified.claims()?;
        let all = claims.as_map();
        let iss = required(claims.iss(), "iss")?;
        self.issuer().check(iss, all)?;
        if !all.contains_key("aud") {
            return Err(Reason::MissingClaim("aud").into());
        }
        rules::audience(self, claims.aud(), all.get("azp").and_then(Value::as_str))?;
        let exp = claims.exp().ok_or(Reason::MissingClaim("exp"))?;
        let iat = claims.iat().ok_or(Reason::MissingClaim("iat"))?;
        rules::times(self, rules::Times { exp, iat, nbf: claims.nbf() }, now)?;
        about_a_logout(&claims)?;
        let jti = required(claims.jti(), "jti")?;
        let sub = claims.sub().map(|sub| required(Some(sub), "sub")).transpose()?;
        let sid = claims.text("sid")?.map(|sid| required(Some(sid), "sid")).transpose()?;
        if sub.is_none() && sid.is_none() {
            return Err(Reason::MissingClaim("sub or sid").into());
        }
        // An issuer tells its tokens apart for each audience, so the client belongs to it.
        let named = serde_json::json!([iss, self.client_id(), jti]).to_string();
        let value = base64url::encode(digest::sha256(named.as_bytes()));
        Ok(LogoutToken {
            iss: iss.to_owned(),
            sub: sub.map(str::to_owned),
            sid: sid.map(str::to_owned),
            iat,
            replay_key: ReplayKey::new(value, exp.after(self.leeway)),
        })
    }
}

/// What makes it a logout token (§2.4).
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn typed_as_logout(typ: Option<&str>) -> Result<(), Reason> {
    let typ = typ.unwrap_or("JWT").trim();
    // RFC 7515 §4.1.9: a media type, whose prefix application/ may be left out.
    let kind = typ.get(..12).filter(|start| start.eq_ignore_ascii_case("application/"));
    let kind = kind.map_or(typ, |start| &typ[start.len()..]);
    if kind.eq_ignore_ascii_case("logout+jwt") || kind.eq_ignore_ascii_case("JWT") {
        return Ok(());
    }
    let got = typ.chars().take(64).collect();
    Err(Reason::TypMismatch { expected: "logout+jwt, JWT, or none", got })
}

/// §2.4: `events` with the logout event among it, whose value is an object; and no `nonce`, "so that
/// a Logout Token cannot be used in place of an ID Token".
fn about_a_logout(claims: &jwt::Claims) -> Result<(), Reason> {
    let another_kind =
        |got: &str| Reason::TypMismatch { expected: "a logout token", got: got.to_owned() };
    let events = claims.as_map().get("events");
    match events.ok_or_else(|| another_kind("a token without events, such as an ID Token"))? {
        Value::Object(events) => match events.get(LOGOUT_EVENT) {
            Some(Value::Object(_)) => {}
            Some(_) => {
                let expected = "an object with an object for the logout event";
                return Err(Reason::ClaimType { claim: "events", expected });
            }
            None => return Err(another_kind("a token about other events")),
        },
        _ => return Err(Reason::ClaimType { claim: "events", expected: "an object" }),
    }
    if claims.as_map().contains_key("nonce") {
        return Err(another_kind("a token with a nonce, such as an ID Token"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_read_from_a_form_that_has_it_once() {
        let form = Some("application/x-www-form-urlencoded; charset=utf-8");
        assert_eq!(logout_token(form, b"logout_token=a.b.c&x=1").unwrap(), "a.b.c");
        let huge = [b"logout_token=a.b.c&x=", &*vec![b'y'; 70_000]].concat();
        let table: [(_, &[u8], _); 7] = [
            (None, b"logout_token=a.b.c", "malformed_logout"),
            (Some("application/json"), b"{\"logout_token\":\"a.b.c\"}", "malformed_logout"),
            (form, b"", "malformed_logout"),
            (form, b"logout_token=", "malformed_logout"),
            (form, b"Logout_Token=a.b.c", "malformed_logout"),
            (form, b"logout_token=a.b.c&logout_token=a.b.c", "duplicate_param"),
            (form, &huge, "malformed_logout"),
        ];
        for (content_type, body, code) in table {
            let error = logout_token(content_type, body).unwrap_err();
            assert_eq!(error.code(), code, "{content_type:?} {}", body.len());
        }
    }
}
