//! What the application says about one provider: a preset, and settings on top of it.

use crate::profile::Mapping;
use crate::providers::Preset;
use crate::settings::{Key, Origin, Settings};

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
#[derive(Clone, Debug, Default)]
pub struct Provider {
    preset: Option<&'static Preset>,
    title: Option<String>,
    code: Settings,
    overwrite: bool,
}

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

    pub(crate) fn profile(&self) -> Option<Mapping> {
        self.preset.and_then(|preset| preset.profile)
    }

    pub(crate) fn shown_title(&self) -> Option<&str> {
        self.title.as_deref().or(self.preset.map(|preset| preset.title))
    }

    /// All layers in their order, by rising weight.
    pub(crate) fn layered(&self, file: Option<&Settings>, env: Option<&Settings>) -> Settings {
        let preset = self.preset.map(Preset::settings);
        let (upper, top) =
            if self.overwrite { (Some(&self.code), env) } else { (env, Some(&self.code)) };
        let mut settings = preset.unwrap_or_default();
        for layer in [file, upper, top].into_iter().flatten() {
            settings.overlay(layer);
        }
        settings
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
            let settings = provider.layered(file.as_ref(), env.as_ref());
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
