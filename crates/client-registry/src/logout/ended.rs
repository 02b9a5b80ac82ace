//! Which sign-ins have ended, in the cache: by sign-in, by session at the provider, by user.

use std::time::Duration;

use protocol_core::{Error, UnixTime, base64url, digest};

use crate::login::Seal;
use crate::registry::Registry;
use crate::sign_in::SignedIn;

impl Registry {
    /// Whether the provider, or [`Session::sign_out_everywhere`](crate::Session), has ended the
    /// session of a user who signed in at `since`: for applications with sessions of their own to
    /// ask at each request. `iss` is the issuer's, or the client's name for a protocol without
    /// issuers.
    ///
    /// What has ended is remembered for [`signed_in_life`](crate::Builder::signed_in_life), which is
    /// to be as long as those sessions live.
    ///
    /// # Errors
    /// [`Error::State`] from the cache.
    pub async fn session_ended(
        &self,
        iss: &str,
        sub: &str,
        sid: Option<&str>,
        since: UnixTime,
    ) -> Result<bool, Error> {
        if let Some(sid) = sid
            && self.noted(&key("session", &[iss, sid])).await?.is_some()
        {
            return Ok(true);
        }
        // To the second: a sign-in in the very second of the logout has ended as well.
        let ended = self.noted(&key("user", &[iss, sub])).await?;
        let ended = ended.and_then(|text| String::from_utf8(text).ok()?.parse().ok());
        Ok(ended.is_some_and(|ended: u64| since.seconds() <= ended))
    }

    pub(crate) async fn has_ended(&self, user: &SignedIn) -> Result<bool, Error> {
        if self.noted(&key("sign-in", &[&user.once])).await?.is_some() {
            return Ok(true);
        }
        self.session_ended(user.realm(), &user.sub, user.sid(), user.since).await
    }

    /// Ends one sign-in.
    pub(crate) async fn end_sign_in(&self, once: &str) -> Result<(), Error> {
        self.note(&key("sign-in", &[once]), b"1").await
    }

    /// Ends one session at the provider. It never begins again, so the time does not matter.
    pub(crate) async fn end_session(&self, iss: &str, sid: &str) -> Result<(), Error> {
        self.note(&key("session", &[iss, sid]), b"1").await
    }

    /// Ends whatever the user has begun until now.
    pub(crate) async fn end_all_of(&self, iss: &str, sub: &str) -> Result<(), Error> {
        let now = self.0.clock.now().to_string();
        self.note(&key("user", &[iss, sub]), now.as_bytes()).await
    }

    /// Remembers whose a session at the provider is: a logout may name nothing but the session.
    pub(crate) async fn note_session(&self, seal: &Seal, user: &SignedIn) -> Result<(), Error> {
        let (Some(iss), Some(sid)) = (user.iss(), user.sid()) else { return Ok(()) };
        let key = key("sid", &[&user.client, iss, sid]);
        self.note(&key, &seal.seal_bytes(&key, user.sub.as_bytes())).await
    }

    /// Whose session it is, where this application has signed somebody in by it.
    pub(crate) async fn sub_of_session(
        &self,
        seal: &Seal,
        client: &str,
        iss: &str,
        sid: &str,
    ) -> Result<Option<String>, Error> {
        let key = key("sid", &[client, iss, sid]);
        let sealed = self.noted(&key).await?;
        let plain = sealed.and_then(|sealed| seal.open_bytes(&key, &sealed));
        Ok(plain.and_then(|plain| String::from_utf8(plain.to_vec()).ok()))
    }

    /// Whether a logout token has been acted on.
    pub(crate) async fn is_used(&self, jti: &str) -> Result<bool, Error> {
        Ok(self.noted(&key("jti", &[jti])).await?.is_some())
    }

    pub(crate) async fn use_up(&self, jti: &str, life: Duration) -> Result<(), Error> {
        Ok(self.0.cache.set(&key("jti", &[jti]), b"1", life).await?)
    }

    /// An empty value counts as none.
    async fn noted(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.cache.get(key).await?.filter(|value| !value.is_empty()))
    }

    async fn note(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        Ok(self.0.cache.set(key, value, self.0.sign_in.life).await?)
    }
}

/// A key of the cache: of bounded length, and no two lists have the same.
fn key(kind: &str, parts: &[&str]) -> String {
    let parts = serde_json::json!(parts).to_string();
    format!("{kind}:{}", base64url::encode(digest::sha256(parts.as_bytes())))
}
