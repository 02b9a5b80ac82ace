//! Client secrets that are made of a key, as Apple has them:
//! <https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret>.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use oauth2_core::ClientAuthentication;
use oidc_core::Algorithm;
use oidc_core::jwk::SigningKey;
use protocol_core::{Error, UnixTime};
use serde_json::json;

use crate::config::{MadeSecretOf, signing_key};

/// A client whose secret is a JWT: made when it is first needed, and anew before it expires.
pub(super) struct MadeSecret {
    client_id: String,
    team_id: String,
    audience: String,
    key: SigningKey,
    /// The client by the last secret, and until when that is used.
    last: Mutex<Option<(oauth2_core::Client, UnixTime)>>,
}

impl MadeSecret {
    /// # Errors
    /// [`Error::Config`] for a key that is none of ES256 in PEM or as JWK, or without an issuer.
    pub(super) fn new(
        client_id: &str,
        issuer: Option<&str>,
        of: &MadeSecretOf,
    ) -> Result<Self, Error> {
        let key = signing_key(Algorithm::ES256, of.private_key.expose().trim());
        let key = key.map_err(|error| {
            Error::config("private_key", format!("expected one for ES256, in PEM: {error}"))
        })?;
        let audience = issuer.ok_or_else(|| {
            Error::config("issuer", "expected it, to make the client secret out to")
        })?;
        Ok(MadeSecret {
            client_id: client_id.to_owned(),
            team_id: of.team_id.clone(),
            audience: audience.to_owned(),
            key: key.with_kid(&of.key_id),
            last: Mutex::default(),
        })
    }

    /// The client, with a secret that is good for a while yet.
    pub(super) fn client(&self, now: UnixTime) -> Result<oauth2_core::Client, Error> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((client, until)) = &*last
            && now < *until
        {
            return Ok(client.clone());
        }
        let claims = json!({
            "iss": self.team_id,
            "iat": now.seconds(),
            "exp": now.after(LIFE).seconds(),
            "aud": self.audience,
            "sub": self.client_id,
        });
        let secret = self.key.sign(None, &[], claims.to_string().as_bytes())?;
        let authentication = ClientAuthentication::client_secret_post(secret)?;
        let client = oauth2_core::Client::new(&self.client_id, authentication)?;
        *last = Some((client.clone(), now.after(USED_FOR)));
        Ok(client)
    }
}

/// How long a secret is good for; Apple takes up to six months.
const LIFE: Duration = Duration::from_secs(3600);

/// How long it is used: the rest is for clocks that differ and requests on their way.
const USED_FOR: Duration = Duration::from_secs(3000);
