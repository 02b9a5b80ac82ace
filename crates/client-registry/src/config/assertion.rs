//! The keys by which a client signs what authenticates it: `private_key_jwt` and
//! `client_secret_jwt` (RFC 7523).

use std::borrow::Cow;

use oauth2_core::ClientAuthentication;
use oidc_core::jwk::{Algorithm, SigningKey, SymmetricKey};
use protocol_core::{ClientSecret, Error};

use super::{AuthMethod, Reader};
use crate::settings::Key;

impl Reader<'_> {
    /// How a client authenticates by assertions, where it does. Keys that only assertions need are
    /// refused elsewhere.
    pub(super) fn assertion(
        &self,
        method: Option<AuthMethod>,
    ) -> Result<Option<ClientAuthentication>, Error> {
        let made = match method {
            Some(AuthMethod::PrivateKeyJwt) => {
                let key = self.private_key()?;
                ClientAuthentication::private_key_jwt(move |claims| {
                    key.sign(Some("JWT"), &[], claims)
                })
            }
            Some(AuthMethod::SecretJwt) => {
                let key = self.shared_key()?;
                ClientAuthentication::client_secret_jwt(move |claims| {
                    key.sign(Some("JWT"), &[], claims)
                })
            }
            _ => {
                let needed = [Key::TokenEndpointAuthSigningAlg, Key::ClientAssertionAudience];
                return match needed.into_iter().find(|key| self.text(*key).is_some()) {
                    Some(key) => Err(self.wrong(key, OF_NO_USE)),
                    None => Ok(None),
                };
            }
        };
        let to_issuer = [("endpoint", false), ("issuer", true)];
        Ok(Some(match self.one_of(Key::ClientAssertionAudience, &to_issuer)? {
            Some(true) => made.with_audience(self.required(Key::Issuer)?),
            _ => made,
        }))
    }

    fn private_key(&self) -> Result<SigningKey, Error> {
        let text = self.required(Key::PrivateKey)?;
        let wanted = match self.signing_algorithm()? {
            Some(alg) if alg.is_symmetric() => {
                let problem = format!("expected one of private keys, got {alg}");
                return Err(self.wrong(Key::TokenEndpointAuthSigningAlg, &problem));
            }
            Some(alg) => vec![alg],
            None => BY_PREFERENCE.to_vec(),
        };
        let mut refused = None;
        for outcome in wanted.iter().map(|alg| signing_key(*alg, text)) {
            match outcome {
                Ok(key) => {
                    return Ok(match self.text(Key::KeyId) {
                        Some(kid) => key.with_kid(kid),
                        None => key,
                    });
                }
                // Not even a key: the others would say the same.
                Err(Error::Config { problem, .. }) => {
                    return Err(self.wrong(Key::PrivateKey, &problem));
                }
                Err(error) => drop(refused.get_or_insert(error)),
            }
        }
        let names: Vec<_> = wanted.iter().map(|alg| alg.name()).collect();
        let why = refused.map(|error| format!(": {error}")).unwrap_or_default();
        let problem = format!("expected a key for {}{why}", names.join(", "));
        Err(self.wrong(Key::PrivateKey, &problem))
    }

    fn shared_key(&self) -> Result<SigningKey, Error> {
        let secret = ClientSecret::new(self.required(Key::ClientSecret)?);
        let algorithm = self.signing_algorithm()?.unwrap_or(Algorithm::HS256);
        let key = SymmetricKey::from_client_secret(&secret)
            .and_then(|key| SigningKey::from_symmetric(algorithm, key));
        key.map_err(|error| {
            let problem = format!("expected one that {algorithm} can be keyed with: {error}");
            self.wrong(Key::ClientSecret, &problem)
        })
    }

    fn signing_algorithm(&self) -> Result<Option<Algorithm>, Error> {
        let key = Key::TokenEndpointAuthSigningAlg;
        let Some(name) = self.text(key) else { return Ok(None) };
        let read = Algorithm::from_name(name);
        read.map(Some)
            .ok_or_else(|| self.wrong(key, &format!("expected a JWS algorithm, got {name:?}")))
    }
}

/// The private key of a setting: a JWK or PEM.
pub(crate) fn signing_key(algorithm: Algorithm, text: &str) -> Result<SigningKey, Error> {
    if text.starts_with('{') {
        return SigningKey::from_jwk(algorithm, text.as_bytes());
    }
    SigningKey::from_pem(algorithm, &pem(text))
}

/// PEM as it is to be: in one line of an environment file its line breaks are written out.
pub(super) fn pem(text: &str) -> Cow<'_, str> {
    match text.contains('\n') {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.replace("\\n", "\n")),
    }
}

/// Which algorithm a key serves that fits several: what servers know best comes first.
const BY_PREFERENCE: [Algorithm; 5] =
    [Algorithm::RS256, Algorithm::ES256, Algorithm::ES384, Algorithm::ES512, Algorithm::EdDSA];

const OF_NO_USE: &str =
    "it has no use without token_endpoint_auth_method client_secret_jwt or private_key_jwt";
