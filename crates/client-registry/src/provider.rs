//! What the application says about one provider: a preset, and settings on top of it.

use std::future::Future;
use std::sync::Arc;

use oauth1_core::SignatureMethod;
use oidc_core::Claims;
use protocol_core::Error;

use crate::compliance::ComplianceFix;
use crate::profile::Profile;
use crate::providers::Preset;
use crate::settings::{Key, Origin, Settings};
use crate::token::Token;
use crate::tokens::{Backend, FetchToken, TokenUpdate, UpdateToken, fetch_closure, update_closure};

/// A provider to register: a preset, or nothing known, and what code says on top.
///
/// ```
/// use client_registry::{Key, Provider, providers};
///
/// let google = providers::google().client_id("id").client_secret("secret");
/// let keycloak = Provider::new()
///     .issuer("https://sso.example/realms/main")
///     .client_id("id")
///     .set(Key::TokenEndpointAuthMethod, "none");
/// # let _ = (google, keycloak);
/// ```
#[derive(Clone, Default)]
pub struct Provider {
    preset: Option<&'static Preset>,
    title: Option<String>,
    code: Settings,
    overwrite: bool,
    fetch_token: Option<FetchToken>,
    update_token: Option<UpdateToken>,
    checks: Vec<OwnCheck>,
    fix: ComplianceFix,
    claims: Option<Arc<[(String, String)]>>,
    signature_method: Option<Arc<dyn SignatureMethod>>,
}

/// A check of the application's own on the claims of a verified ID token.
pub(crate) type OwnCheck = Arc<dyn Fn(&Claims) -> Result<(), String> + Send + Sync>;

impl Provider {
    /// A provider of which nothing is known yet.
    pub fn new() -> Self {
        Provider::default()
    }

    pub(crate) fn preset(preset: &'static Preset) -> Self {
        Provider { preset: Some(preset), ..Provider::default() }
    }

    /// Sets any key.
    #[must_use]
    pub fn set(mut self, key: Key, value: impl Into<String>) -> Self {
        self.code.set(key, value, Origin::Code);
        self
    }

    /// The client identifier, or the consumer key of OAuth 1.0.
    #[must_use]
    pub fn client_id(self, value: impl Into<String>) -> Self {
        self.set(Key::ClientId, value)
    }

    /// The client secret, or the consumer secret of OAuth 1.0.
    #[must_use]
    pub fn client_secret(self, value: impl Into<String>) -> Self {
        self.set(Key::ClientSecret, value)
    }

    /// Signs by a method of one's own: a KMS, an HSM, a provider's variant. It may block: it is
    /// called where that holds up nothing else (of tokio, a thread for blocking work). Without a
    /// client secret, [`Secrets::client_secret`](crate::Secrets::client_secret) is empty.
    ///
    /// ```
    /// use client_registry::{Error, Provider, Secrets, SignatureMethod};
    ///
    /// struct Kms;
    /// impl SignatureMethod for Kms {
    ///     fn name(&self) -> &str {
    ///         "RSA-SHA256"
    ///     }
    ///     fn sign(&self, base_string: &str, _secrets: &Secrets) -> Result<String, Error> {
    ///         let signature = base_string.len().to_string(); // a call of the KMS
    ///         Ok(signature)
    ///     }
    /// }
    /// let provider = Provider::new().client_id("consumer-key").signature_method(Kms);
    /// # let _ = provider;
    /// ```
    #[must_use]
    pub fn signature_method(mut self, method: impl SignatureMethod + 'static) -> Self {
        self.signature_method = Some(Arc::new(method));
        self.set(Key::SignatureMethod, "own")
    }

    pub(crate) fn own_signature_method(&self) -> Option<Arc<dyn SignatureMethod>> {
        self.signature_method.clone()
    }

    /// The scopes to ask for, separated by spaces.
    #[must_use]
    pub fn scope(self, value: impl Into<String>) -> Self {
        self.set(Key::Scope, value)
    }

    /// The issuer of an OpenID Connect provider, exactly as its documents write it.
    #[must_use]
    pub fn issuer(self, value: impl Into<String>) -> Self {
        self.set(Key::Issuer, value)
    }

    /// The name to show people. Default: the preset's, or the name it is registered under.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Lets the environment win over what code sets.
    #[must_use]
    pub fn overwrite(mut self) -> Self {
        self.overwrite = true;
        self
    }

    /// Checks the claims of every ID token, after all other checks; its text becomes
    /// [`Reason::OwnCheck`](crate::Reason), and the login is refused.
    ///
    /// ```
    /// use client_registry::providers;
    ///
    /// let google = providers::google().check(|claims| match claims.get::<String>("hd") {
    ///     Ok(Some(domain)) if domain == "example.com" => Ok(()),
    ///     _ => Err("not one of our Workspace accounts".to_owned()),
    /// });
    /// # let _ = google;
    /// ```
    #[must_use]
    pub fn check(
        mut self,
        check: impl Fn(&Claims) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Arc::new(check));
        self
    }

    /// Mends what the provider gets wrong, after the fixes that were added before; see
    /// [`compliance`](crate::compliance).
    #[must_use]
    pub fn compliance_fix(mut self, fix: ComplianceFix) -> Self {
        self.fix = self.fix.and(fix);
        self
    }

    pub(crate) fn fix(&self) -> &ComplianceFix {
        &self.fix
    }

    pub(crate) fn checks(&self) -> Vec<OwnCheck> {
        self.checks.clone()
    }

    /// Takes this client's tokens from wherever the application keeps them, by client and user; see
    /// [`Builder::fetch_token`](crate::Builder::fetch_token).
    #[must_use]
    pub fn fetch_token<F, Fut, E>(mut self, fetch: F) -> Self
    where
        F: Fn(String, String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<Token>, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.fetch_token = Some(fetch_closure(fetch));
        self
    }

    /// Saves this client's refreshed tokens, beside [`Provider::fetch_token`]; see
    /// [`Builder::update_token`](crate::Builder::update_token).
    #[must_use]
    pub fn update_token<F, Fut, E>(mut self, update: F) -> Self
    where
        F: Fn(TokenUpdate) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.update_token = Some(update_closure(update));
        self
    }

    /// Where this client's tokens are, if not where the others' are.
    pub(crate) fn backend(&self) -> Result<Option<Backend>, Error> {
        match (&self.fetch_token, &self.update_token) {
            (Some(fetch), update) => {
                let (fetch, update) = (fetch.clone(), update.clone());
                Ok(Some(Backend::Closures { fetch, update }))
            }
            (None, Some(_)) => {
                let problem = "expected fetch_token beside it; a hook for all clients is Builder's";
                Err(Error::config("update_token", problem))
            }
            (None, None) => Ok(None),
        }
    }

    /// For a provider without OpenID Connect: where its profile answer holds the claims, `sub` above
    /// all. Pairs in the words of [`UserInfo::from_profile`](crate::UserInfo::from_profile), in place
    /// of the preset's; without any, claims are found by what most providers call them.
    ///
    /// ```
    /// use client_registry::{Key, Provider};
    ///
    /// let forum = Provider::new()
    ///     .set(Key::AuthorizeUrl, "https://forum.example/oauth/authorize")
    ///     .set(Key::AccessTokenUrl, "https://forum.example/oauth/token")
    ///     .set(Key::UserinfoEndpoint, "https://forum.example/api/me")
    ///     .profile([
    ///         ("sub", "/user/number"),
    ///         ("name", "/user/shown_as"),
    ///         ("picture", "https://forum.example/avatars/{/user/number}.png"),
    ///     ]);
    /// # let _ = forum;
    /// ```
    #[must_use]
    pub fn profile<C: Into<String>, A: Into<String>>(
        mut self,
        claims: impl IntoIterator<Item = (C, A)>,
    ) -> Self {
        let owned = claims.into_iter().map(|(claim, at)| (claim.into(), at.into()));
        self.claims = Some(owned.collect());
        self
    }

    pub(crate) fn mapping(&self) -> Profile {
        let preset = self.preset.map(Preset::profile).unwrap_or_default();
        match &self.claims {
            Some(own) => Profile { own: Some(own.clone()), ..preset },
            None => preset,
        }
    }

    pub(crate) fn shown_title(&self) -> Option<&str> {
        self.title.as_deref().or(self.preset.map(|preset| preset.title))
    }

    /// All layers in their order, by rising weight.
    ///
    /// # Errors
    /// [`Error::Config`] for `client_kwargs` that cannot be read.
    pub(crate) fn layered(
        &self,
        file: Option<&Settings>,
        env: Option<&Settings>,
    ) -> Result<Settings, Error> {
        let preset = self.preset.map(Preset::settings);
        let (upper, top) =
            if self.overwrite { (Some(&self.code), env) } else { (env, Some(&self.code)) };
        let mut settings = preset.unwrap_or_default();
        for layer in [file, upper, top].into_iter().flatten() {
            let mut layer = layer.clone();
            layer.unfold_kwargs()?;
            settings.overlay(&layer);
        }
        if let Some(preset) = self.preset {
            preset.fill(&mut settings)?;
        }
        Ok(settings)
    }
}

/// Shows the preset and which settings come from where; no values.
impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider")
            .field("preset", &self.preset.map(|preset| preset.name))
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers;

    #[test]
    fn layers_weigh_preset_file_environment_code_and_overwrite_swaps_the_last_two() {
        let layer = |value: &str| {
            let mut settings = Settings::default();
            settings.set(Key::Scope, value, Origin::Map);
            settings
        };
        let scope = |provider: &Provider, file: Option<&str>, env: Option<&str>| {
            let (file, env) = (file.map(layer), env.map(layer));
            let settings = provider.layered(file.as_ref(), env.as_ref()).unwrap();
            settings.value(Key::Scope).unwrap().to_owned()
        };
        let plain = providers::google();
        assert_eq!(scope(&plain, None, None), "openid email profile");
        assert_eq!(scope(&plain, Some("file"), None), "file");
        assert_eq!(scope(&plain, Some("file"), Some("env")), "env");
        let coded = providers::google().scope("code");
        assert_eq!(scope(&coded, Some("file"), Some("env")), "code");
        assert_eq!(scope(&coded.clone().overwrite(), Some("file"), Some("env")), "env");
        assert_eq!(scope(&coded.overwrite(), Some("file"), None), "code");
    }
}
