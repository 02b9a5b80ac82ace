//! What the claims of an ID Token must say (OIDC Core §3.1.3.7, §3.2.2.11, §3.3.2.11, §12.2).

use jose_core::Algorithm;
use protocol_core::{Reason, UnixTime, base64url, secret};

use super::IdTokenVerifier;
use super::expected::{Expected, Origin};
use crate::claims::{Claims, Original};
use crate::nonce::Nonce;

/// All of them, in the order in which a reader of the log learns most.
pub(super) fn check(
    rules: &IdTokenVerifier,
    claims: &Claims,
    alg: Algorithm,
    expected: &Expected<'_>,
    now: UnixTime,
) -> Result<(), Reason> {
    rules.issuer.check(claims.iss(), claims.as_map())?;
    audience(rules, claims.aud(), claims.azp())?;
    let (exp, iat, nbf) = (claims.exp(), claims.iat(), claims.nbf());
    times(rules, Times { exp, iat, nbf }, now)?;
    no_event(claims)?;
    if expected.sub.is_some_and(|sub| sub != claims.sub()) {
        return Err(Reason::SubMismatch);
    }
    match expected.origin {
        Origin::Code(Nonce::NotSent) => {}
        Origin::Code(Nonce::Expect(sent)) | Origin::Front { nonce: sent, .. } => {
            nonce(claims, sent)?;
        }
        Origin::Refresh(original) => same_as_before(claims, original)?,
    }
    hashes(claims, alg, expected)?;
    authentication(rules, claims, expected, now)
}

/// OIDC Core §3.1.3.7, rules 3 to 5. Our own name must be in `aud`: an `azp` that names us is no
/// substitute. Others beside us must be trusted.
pub(crate) fn audience(
    rules: &IdTokenVerifier,
    aud: &[String],
    azp: Option<&str>,
) -> Result<(), Reason> {
    let us = &rules.client_id;
    if us.is_empty() || !aud.contains(us) {
        return Err(Reason::AudMismatch { expected: us.clone(), got: shown(aud) });
    }
    if let Some(azp) = azp.filter(|azp| azp != us) {
        return Err(Reason::AzpMismatch { expected: us.clone(), got: cut(azp) });
    }
    let trusted = |other: &String| other == us || rules.trusted_audiences.contains(other);
    match aud.iter().find(|other| !trusted(other)) {
        None => Ok(()),
        Some(_) if rules.other_audiences_when_azp_is_us && azp.is_some() => Ok(()),
        Some(_) if rules.other_audiences_when_azp_is_us => Err(Reason::AzpMissing),
        Some(other) => Err(Reason::UntrustedAud(cut(other))),
    }
}

/// The times of a token.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) exp: UnixTime,
    pub(crate) iat: UnixTime,
    pub(crate) nbf: Option<UnixTime>,
}

/// OIDC Core §3.1.3.7, rules 9 and 10; RFC 7519 §4.1.4 to §4.1.6.
pub(crate) fn times(rules: &IdTokenVerifier, token: Times, now: UnixTime) -> Result<(), Reason> {
    let leeway = rules.leeway;
    expired(rules, token.exp, now)?;
    if let Some(nbf) = token.nbf.filter(|nbf| *nbf > now.after(leeway)) {
        return Err(Reason::NotYetValid { nbf: nbf.seconds(), now: now.seconds() });
    }
    let iat = token.iat;
    if iat > now.after(rules.max_future.unwrap_or(leeway)) {
        return Err(Reason::IatInFuture { iat: iat.seconds(), now: now.seconds() });
    }
    match rules.max_token_age {
        Some(most) if now > iat.after(most).after(leeway) => {
            let (iat, now, most) = (iat.seconds(), now.seconds(), most.as_secs());
            Err(Reason::IatTooOld { iat, now, most })
        }
        _ => Ok(()),
    }
}

/// RFC 7519 §4.1.4: good before `exp`, not on it.
pub(crate) fn expired(rules: &IdTokenVerifier, exp: UnixTime, now: UnixTime) -> Result<(), Reason> {
    if now < exp.after(rules.leeway) {
        return Ok(());
    }
    Err(Reason::Expired { exp: exp.seconds(), now: now.seconds() })
}

/// A logout token (OIDC Back-Channel Logout §2.4) and any other security event token (RFC 8417 §2.2)
/// is told from an ID Token by this claim.
fn no_event(claims: &Claims) -> Result<(), Reason> {
    match claims.as_map().get("events") {
        None => Ok(()),
        Some(_) => {
            let got = "a token about events, such as a logout token".to_owned();
            Err(Reason::TypMismatch { expected: "an ID Token", got })
        }
    }
}

/// OIDC Core §3.1.3.7, rule 11. What the token says never decides whether a nonce is due.
fn nonce(claims: &Claims, sent: &str) -> Result<(), Reason> {
    match claims.nonce() {
        None => Err(Reason::NonceMissing),
        Some(got) if !sent.is_empty() && secret::ct_eq(got.as_bytes(), sent.as_bytes()) => Ok(()),
        Some(_) => Err(Reason::NonceMismatch),
    }
}

/// OIDC Core §12.2. (`azp` is compared with our own name already.)
fn same_as_before(claims: &Claims, original: &Original) -> Result<(), Reason> {
    if claims.iss() != original.iss {
        let (expected, got) = (original.iss.clone(), cut(claims.iss()));
        return Err(Reason::IssMismatch { expected, got });
    }
    if claims.sub() != original.sub {
        return Err(Reason::SubMismatch);
    }
    if let Some(lost) = original.aud.iter().find(|aud| !claims.aud().contains(aud)) {
        return Err(Reason::AudMismatch { expected: lost.clone(), got: shown(claims.aud()) });
    }
    match (original.auth_time, claims.auth_time()) {
        (Some(was), Some(is)) if was != is => return Err(Reason::AuthTimeMismatch),
        _ => {}
    }
    match claims.nonce() {
        Some(nonce) if original.nonce.as_deref() != Some(nonce) => Err(Reason::NonceMismatch),
        _ => Ok(()),
    }
}

/// OIDC Core §3.1.3.8, §3.2.2.9, §3.3.2.10: what came beside the token through the browser, the
/// token must vouch for.
fn hashes(claims: &Claims, alg: Algorithm, expected: &Expected<'_>) -> Result<(), Reason> {
    let (front, hybrid) = match expected.origin {
        Origin::Front { hybrid, .. } => (true, hybrid),
        _ => (false, false),
    };
    if let Some(token) = expected.access_token {
        match claims.text("at_hash") {
            Some(hash) if !belongs(hash, token.expose(), alg) => {
                return Err(Reason::AtHashMismatch);
            }
            None if front => return Err(Reason::AtHashMissing),
            _ => {}
        }
    }
    if let Some(code) = expected.code {
        match claims.text("c_hash") {
            Some(hash) if !belongs(hash, code, alg) => return Err(Reason::CHashMismatch),
            None if hybrid => return Err(Reason::CHashMissing),
            _ => {}
        }
    }
    match (expected.state, claims.text("s_hash")) {
        (Some(state), Some(hash)) if !belongs(hash, state, alg) => Err(Reason::SHashMismatch),
        _ => Ok(()),
    }
}

/// A list for an error.
fn shown(list: &[String]) -> String {
    cut(&list.join(" "))
}

/// A text from outside for an error, of bounded length.
fn cut(text: &str) -> String {
    text.chars().take(256).collect()
}

/// The left half of the digest that the token's own algorithm uses, as base64url (OIDC Core
/// §3.1.3.6).
fn belongs(hash: &str, value: &str, alg: Algorithm) -> bool {
    let digest = alg.hash().digest(value.as_bytes());
    let half = base64url::encode(&digest[..digest.len() / 2]);
    secret::ct_eq(half.as_bytes(), hash.as_bytes())
}

/// OIDC Core §3.1.3.7, rules 12 and 13.
fn authentication(
    rules: &IdTokenVerifier,
    claims: &Claims,
    expected: &Expected<'_>,
    now: UnixTime,
) -> Result<(), Reason> {
    if let Some(max_age) = expected.max_age {
        let auth_time = claims.auth_time().ok_or(Reason::AuthTimeMissing)?;
        if now > auth_time.after(max_age).after(rules.leeway) {
            let (auth_time, max_age) = (auth_time.seconds(), max_age.as_secs());
            return Err(Reason::AuthTimeTooOld { auth_time, max_age, now: now.seconds() });
        }
        if auth_time > now.after(rules.max_future.unwrap_or(rules.leeway)) {
            let expected = "a time that has been";
            return Err(Reason::ClaimType { claim: "auth_time", expected });
        }
    }
    let acr = claims.acr();
    if !expected.acr.is_empty() && !expected.acr.iter().any(|value| Some(&**value) == acr) {
        let (expected, got) = (expected.acr.join(" "), acr.map(cut));
        return Err(Reason::AcrMismatch { expected, got });
    }
    Ok(())
}
