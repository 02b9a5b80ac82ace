//! A client's settings, typed and checked: made once at registration, so that a mistake is found
//! when the application starts and names the value's origin.

mod assertion;
mod oauth1;
mod oauth2;

use std::sync::Arc;

use protocol_core::{ClientSecret, Endpoint, Error, Secret};

pub(crate) use assertion::signing_key;
pub(crate) use oauth1::{OAuth1, Placement, SignatureMethod};
pub(crate) use oauth2::{AuthMethod, MadeSecretOf, OAuth2, UserinfoPolicy};

use crate::api_hosts::ApiHosts;
use crate::http::Transport;
use crate::quirks::Quirks;
use crate::settings::{Key, Origin, Reader as Reads, Settings, pairs};

/// One client, ready to be built.
pub(crate) struct Config {
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<ClientSecret>,
    pub(crate) api_hosts: ApiHosts,
    pub(crate) authorize_params: Vec<(String, String)>,
    pub(crate) token_params: Vec<(String, String)>,
    /// As written: relative to `api_base_url` where it is no URL.
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) quirks: Quirks,
    pub(crate) transport: Transport,
    pub(crate) protocol: Protocol,
}

/// What clients share that differ in identifier and secret alone.
pub(crate) enum Protocol {
    OAuth1(Arc<OAuth1>),
    OAuth2(Arc<OAuth2>),
}

impl Protocol {
    /// What relative addresses of API calls are relative to.
    pub(crate) fn api_base_url(&self) -> Option<&Endpoint> {
        match self {
            Protocol::OAuth1(config) => config.api_base_url.as_ref(),
            Protocol::OAuth2(config) => config.api_base_url.as_ref(),
        }
    }
}

impl Config {
    /// Reads the settings of the client `name`.
    ///
    /// # Errors
    /// [`Error::Config`] naming the client, the key and where the value came from.
    pub(crate) fn resolve(name: &str, settings: &Settings) -> Result<Self, Error> {
        let read = Reader { name, settings };
        // Of a client that is not set up at all, this is what is told.
        let client_id = read.required(Key::ClientId)?.to_owned();
        let quirks = match read.text(Key::Quirks) {
            Some(text) => Quirks::parse(&read.what(Key::Quirks), text)?,
            None => Quirks::default(),
        };
        let userinfo_endpoint = read.text(Key::UserinfoEndpoint).map(str::to_owned);
        let api_base_url = read.endpoint(Key::ApiBaseUrl)?;
        if let Some(text) = &userinfo_endpoint {
            match (text.contains("://"), &api_base_url) {
                (true, _) => drop(read.endpoint(Key::UserinfoEndpoint)?),
                (false, Some(_)) => {}
                (false, None) => {
                    let problem = "expected a URL, got a relative one and no api_base_url";
                    return Err(read.wrong(Key::UserinfoEndpoint, problem));
                }
            }
        }
        let protocol = if read.text(Key::RequestTokenUrl).is_some() {
            Protocol::OAuth1(Arc::new(read.oauth1()?))
        } else {
            Protocol::OAuth2(Arc::new(read.oauth2(&quirks)?))
        };
        read.check_keys(&protocol)?;
        let transport =
            Transport { proxy: read.text(Key::Proxy).map(Secret::new), identity: read.identity()? };
        Ok(Config {
            client_id,
            client_secret: read.text(Key::ClientSecret).map(ClientSecret::new),
            api_hosts: read.api_hosts()?,
            authorize_params: read.pairs(Key::AuthorizeParams)?,
            token_params: read.pairs(Key::AccessTokenParams)?,
            userinfo_endpoint,
            transport,
            protocol,
            quirks,
        })
    }
}

struct Reader<'a> {
    name: &'a str,
    settings: &'a Settings,
}

impl<'a> Reader<'a> {
    /// Refuses keys that the client would not read: what they ask for would not happen. A preset's
    /// may stay, for whoever sets a client up otherwise than it does.
    fn check_keys(&self, protocol: &Protocol) -> Result<(), Error> {
        let (speaks, reads): (_, &[Reads]) = match protocol {
            Protocol::OAuth1(_) => ("OAuth 1.0", &[Reads::OAuth1]),
            Protocol::OAuth2(config) if config.is_openid() => {
                ("OpenID Connect", &[Reads::OAuth2, Reads::OpenId])
            }
            Protocol::OAuth2(_) => ("OAuth 2.0 without the scope openid", &[Reads::OAuth2]),
        };
        for (key, origin) in self.settings.set_keys() {
            let is_read = key.reader() == Reads::Every || reads.contains(&key.reader());
            if !is_read && *origin != Origin::Preset {
                return Err(self.wrong(key, &format!("a client of {speaks} does not read it")));
            }
        }
        Ok(())
    }

    fn api_hosts(&self) -> Result<ApiHosts, Error> {
        let hosts = self.text(Key::ApiHosts).unwrap_or_default();
        let hosts = ApiHosts::parse(&self.what(Key::ApiHosts), hosts)?;
        let named = [self.text(Key::ApiBaseUrl), self.text(Key::UserinfoEndpoint)];
        Ok(named.into_iter().flatten().fold(hosts, ApiHosts::with_endpoint))
    }

    fn text(&self, key: Key) -> Option<&'a str> {
        self.settings.value(key)
    }

    fn words(&self, key: Key) -> Vec<String> {
        self.text(key).unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect()
    }

    fn required(&self, key: Key) -> Result<&'a str, Error> {
        self.text(key).ok_or_else(|| {
            let variable = format!("{}_{}", self.name, key.name()).replace('-', "_");
            let problem =
                format!("expected a text, got nothing; set {}", variable.to_ascii_uppercase());
            self.wrong(key, &problem)
        })
    }

    fn endpoint(&self, key: Key) -> Result<Option<Endpoint>, Error> {
        self.text(key).map(|text| Endpoint::parse(&self.what(key), text)).transpose()
    }

    fn required_endpoint(&self, key: Key) -> Result<Endpoint, Error> {
        Endpoint::parse(&self.what(key), self.required(key)?)
    }

    fn pairs(&self, key: Key) -> Result<Vec<(String, String)>, Error> {
        self.text(key).map_or_else(|| Ok(Vec::new()), |text| pairs(&self.what(key), text))
    }

    fn number(&self, key: Key) -> Result<Option<u64>, Error> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let wrong = |_| self.wrong(key, &format!("expected whole seconds, got {text:?}"));
        text.parse().map(Some).map_err(wrong)
    }

    fn flag(&self, key: Key) -> Result<bool, Error> {
        let flag = self.one_of(key, &[("true", true), ("false", false)])?;
        Ok(flag.unwrap_or(false))
    }

    fn one_of<T: Copy>(&self, key: Key, choices: &[(&str, T)]) -> Result<Option<T>, Error> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let chosen = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        chosen.map(Some).ok_or_else(|| {
            let known: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            self.wrong(key, &format!("expected one of {}, got {text:?}", known.join(", ")))
        })
    }

    fn wrong(&self, key: Key, problem: &str) -> Error {
        Error::config(self.what(key), problem)
    }

    /// How errors speak of a key: with the client, and where its value came from.
    fn what(&self, key: Key) -> String {
        let origin = self.settings.origin(key);
        let origin = origin.map(|origin| format!(" (from {origin})")).unwrap_or_default();
        format!("client {:?}: {}{origin}", self.name, key.name())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use oidc_core::Algorithm;

    use super::*;
    use crate::settings::Origin;

    fn settings(values: &[(Key, &str)]) -> Settings {
        let mut settings = Settings::default();
        for (key, value) in values {
            settings.set(*key, *value, Origin::Env(format!("X_{}", key.name())));
        }
        settings
    }

    const OPENID: [(Key, &str); 4] = [
        (Key::ClientId, "id"),
        (Key::ClientSecret, "s"),
        (Key::Issuer, "https://idp.example"),
        (Key::Scope, "openid email"),
    ];

    #[test]
    fn an_openid_client_needs_little_and_gets_the_defaults() {
        let config = Config::resolve("idp", &settings(&OPENID)).unwrap();
        let Protocol::OAuth2(oauth2) = config.protocol else { panic!("OAuth 2.0") };
        assert!(oauth2.is_openid() && !oauth2.form_post);
        assert_eq!(oauth2.leeway, Duration::from_secs(60));
        assert_eq!(oauth2.algorithms, Algorithm::DEFAULTS);
        assert_eq!(oauth2.userinfo, UserinfoPolicy::Auto);
    }

    #[test]
    fn a_mistake_names_the_client_the_key_and_the_origin() {
        let cases: [(&[(Key, &str)], &str); 15] = [
            (&[(Key::ClientId, "")], "IDP_CLIENT_ID"),
            (&[(Key::ClientSecret, "")], "IDP_CLIENT_SECRET"),
            (&[(Key::Issuer, "http://idp.example")], "not loopback"),
            (&[(Key::Issuer, "https://idp.example?x=1")], "no query"),
            (&[(Key::Issuer, "")], "openid"),
            (&[(Key::Leeway, "-1")], "whole seconds"),
            (&[(Key::ResponseType, "token")], "one of code"),
            (&[(Key::CodeChallengeMethod, "plain")], "one of S256"),
            (&[(Key::TokenEndpointAuthMethod, "magic")], "client_secret_basic"),
            (&[(Key::IdTokenSignedResponseAlg, "none")], "none"),
            (&[(Key::IdTokenSignedResponseAlg, "RS256 HS256")], "of 32 bytes or more for HS256"),
            (&[(Key::UserinfoSignedResponseAlg, "HS512")], "of 64 bytes or more for HS512"),
            (&[(Key::AuthorizeParams, "{")], "form text"),
            (&[(Key::Quirks, "no_nonse")], "no_nonce"),
            (&[(Key::UserinfoEndpoint, "me")], "api_base_url"),
        ];
        for (change, expected) in cases {
            let values: Vec<_> = OPENID.iter().chain(change).copied().collect();
            let error = Config::resolve("idp", &settings(&values)).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(error.contains("client \"idp\""), "{error}");
        }
        let wrong: Vec<_> = OPENID.iter().copied().chain([(Key::Leeway, "x")]).collect();
        let error = Config::resolve("idp", &settings(&wrong)).err().unwrap().to_string();
        assert!(error.contains("environment's X_leeway"), "{error}");
    }

    #[test]
    fn a_public_client_says_so_and_keeps_pkce() {
        let public = [
            (Key::ClientId, "id"),
            (Key::Issuer, "https://idp.example"),
            (Key::TokenEndpointAuthMethod, "none"),
        ];
        assert!(Config::resolve("idp", &settings(&public)).is_ok());
        let naked: Vec<_> = public.iter().copied().chain([(Key::Quirks, "no_pkce")]).collect();
        assert!(Config::resolve("idp", &settings(&naked)).is_err());
    }
}
