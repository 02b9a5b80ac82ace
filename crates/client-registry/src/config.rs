//! A client's settings, typed and checked: made once at registration, so that a mistake is found
//! when the application starts and names the value's origin.

mod assertion;

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use oauth1_core::RsaPrivateKey;
use oauth2_core::ClientAuthentication;
use oidc_core::jwk::JwkSet;
use oidc_core::jwk::jwe::{Decrypter, DecryptionKeySet, KeyManagement};
use oidc_core::{Algorithm, IssuerRule};
use protocol_core::{ClientSecret, Endpoint, Error, Secret};

use assertion::pem;
pub(crate) use assertion::signing_key;

use crate::api_hosts::ApiHosts;
use crate::http::Transport;
use crate::quirks::{Quirk, Quirks};
use crate::settings::{Key, Origin, Reader as Reads, Settings, pairs};
use crate::token_placement::TokenPlacement;

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

pub(crate) struct OAuth1 {
    pub(crate) api_base_url: Option<Endpoint>,
    pub(crate) request_token_url: Endpoint,
    pub(crate) request_token_params: Vec<(String, String)>,
    pub(crate) authorize_url: Endpoint,
    pub(crate) access_token_url: Endpoint,
    pub(crate) signature_method: SignatureMethod,
    pub(crate) placement: Placement,
    pub(crate) realm: Option<String>,
    /// The key of the RSA methods.
    pub(crate) rsa_key: Option<RsaPrivateKey>,
    /// Whether `oauth_body_hash` covers bodies of API calls that are no form.
    pub(crate) body_hash: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureMethod {
    HmacSha1,
    HmacSha256,
    HmacSha512,
    RsaSha1,
    RsaSha256,
    RsaSha512,
    Plaintext,
    /// The one that code gives.
    Own,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    Header,
    Query,
    Body,
}

pub(crate) struct OAuth2 {
    pub(crate) api_base_url: Option<Endpoint>,
    pub(crate) authorize_url: Option<Endpoint>,
    pub(crate) token_url: Option<Endpoint>,
    pub(crate) refresh_url: Option<Endpoint>,
    pub(crate) refresh_params: Vec<(String, String)>,
    pub(crate) revocation_endpoint: Option<Endpoint>,
    pub(crate) introspection_endpoint: Option<Endpoint>,
    pub(crate) device_authorization_endpoint: Option<Endpoint>,
    pub(crate) end_session_endpoint: Option<Endpoint>,
    pub(crate) push_endpoint: Option<Endpoint>,
    /// Whether every authorization request is pushed.
    pub(crate) pushes: bool,
    pub(crate) jwks_uri: Option<Endpoint>,
    /// The issuer's keys, where they are not fetched.
    pub(crate) jwks: Option<Arc<JwkSet>>,
    pub(crate) issuer: Option<String>,
    /// Of an issuer for each tenant, those that are taken; empty for all.
    pub(crate) allowed_tenants: Vec<String>,
    /// What the client secret is made of, where it is made.
    pub(crate) made_secret: Option<Box<MadeSecretOf>>,
    pub(crate) metadata_url: Option<Endpoint>,
    pub(crate) scope: Vec<String>,
    pub(crate) auth_method: Option<AuthMethod>,
    /// How it authenticates by assertions, where it does.
    pub(crate) assertion: Option<ClientAuthentication>,
    pub(crate) form_post: bool,
    pub(crate) prompt: Option<String>,
    pub(crate) max_age: Option<u64>,
    pub(crate) essential_acr: Vec<String>,
    pub(crate) userinfo: UserinfoPolicy,
    pub(crate) token_placement: TokenPlacement,
    pub(crate) algorithms: Vec<Algorithm>,
    /// By what the client decrypts, where it does.
    pub(crate) decryption: Option<Arc<(Decrypter, DecryptionKeySet)>>,
    /// Empty where UserInfo answers are plain JSON.
    pub(crate) userinfo_algorithms: Vec<Algorithm>,
    /// Whether it goes where the metadata send clients with a certificate.
    pub(crate) mutual_tls: bool,
    pub(crate) leeway: Duration,
    pub(crate) other_audiences_when_azp_is_us: bool,
    pub(crate) trusted_audiences: Vec<String>,
}

/// What a client secret is made of: a key of a team's.
pub(crate) struct MadeSecretOf {
    pub(crate) team_id: String,
    pub(crate) key_id: String,
    pub(crate) private_key: Secret,
}

impl SignatureMethod {
    /// The name in settings: but for `own`, that of RFC 5849 §3.1.
    fn name(self) -> &'static str {
        match self {
            SignatureMethod::HmacSha1 => "HMAC-SHA1",
            SignatureMethod::HmacSha256 => "HMAC-SHA256",
            SignatureMethod::HmacSha512 => "HMAC-SHA512",
            SignatureMethod::RsaSha1 => "RSA-SHA1",
            SignatureMethod::RsaSha256 => "RSA-SHA256",
            SignatureMethod::RsaSha512 => "RSA-SHA512",
            SignatureMethod::Plaintext => "PLAINTEXT",
            SignatureMethod::Own => "own",
        }
    }

    /// Whether it signs with a private key, and no client secret.
    fn is_rsa(self) -> bool {
        use SignatureMethod::{RsaSha1, RsaSha256, RsaSha512};
        matches!(self, RsaSha1 | RsaSha256 | RsaSha512)
    }
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

impl OAuth2 {
    /// Whether the client speaks OpenID Connect: it asks for the scope `openid`.
    pub(crate) fn is_openid(&self) -> bool {
        self.scope.iter().any(|scope| scope == "openid")
    }

    /// Whether the issuer is one for each tenant.
    pub(crate) fn has_tenants(&self) -> bool {
        self.issuer.as_ref().is_some_and(|issuer| issuer.contains(TENANT))
    }

    /// Which issuers are taken, where the metadata name `issuer`.
    pub(crate) fn issuer_rule(&self, issuer: &str) -> Result<IssuerRule, Error> {
        if !self.has_tenants() {
            return Ok(IssuerRule::exact(issuer));
        }
        // A token names its tenant by the claim of this name (Microsoft Entra).
        let rule = IssuerRule::template(issuer, TENANT, "tid")?;
        let only = &self.allowed_tenants;
        Ok(if only.is_empty() { rule } else { rule.only(only) })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthMethod {
    Basic,
    Post,
    SecretJwt,
    PrivateKeyJwt,
    Tls,
    SelfSignedTls,
    None,
}

/// When the UserInfo endpoint is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserinfoPolicy {
    /// When claims that were asked for are not in the ID token.
    Auto,
    Never,
    Always,
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
    fn oauth1(&self) -> Result<OAuth1, Error> {
        let signature_method = self.one_of(
            Key::SignatureMethod,
            &[
                ("HMAC-SHA1", SignatureMethod::HmacSha1),
                ("HMAC-SHA256", SignatureMethod::HmacSha256),
                ("HMAC-SHA512", SignatureMethod::HmacSha512),
                ("RSA-SHA1", SignatureMethod::RsaSha1),
                ("RSA-SHA256", SignatureMethod::RsaSha256),
                ("RSA-SHA512", SignatureMethod::RsaSha512),
                ("PLAINTEXT", SignatureMethod::Plaintext),
                ("own", SignatureMethod::Own),
            ],
        )?;
        let signature_method = signature_method.unwrap_or(SignatureMethod::HmacSha1);
        let rsa_key = match (signature_method, self.text(Key::RsaKey)) {
            (method, _) if method.is_rsa() => Some(self.rsa_key()?),
            (method, Some(_)) => {
                let problem = format!("a key of RSA has no use with {}", method.name());
                return Err(self.wrong(Key::RsaKey, &problem));
            }
            (SignatureMethod::Own, None) => None,
            (_, None) => {
                self.required(Key::ClientSecret)?;
                None
            }
        };
        let placement = self.one_of(
            Key::SignatureType,
            &[
                ("header", Placement::Header),
                ("query", Placement::Query),
                ("body", Placement::Body),
            ],
        )?;
        Ok(OAuth1 {
            api_base_url: self.endpoint(Key::ApiBaseUrl)?,
            request_token_url: self.required_endpoint(Key::RequestTokenUrl)?,
            request_token_params: self.pairs(Key::RequestTokenParams)?,
            authorize_url: self.required_endpoint(Key::AuthorizeUrl)?,
            access_token_url: self.required_endpoint(Key::AccessTokenUrl)?,
            signature_method,
            placement: placement.unwrap_or(Placement::Header),
            realm: self.text(Key::Realm).map(str::to_owned),
            rsa_key,
            body_hash: self.flag(Key::ForceIncludeBody)?,
        })
    }

    fn rsa_key(&self) -> Result<RsaPrivateKey, Error> {
        let pem = self.text(Key::RsaKey).unwrap_or_default();
        RsaPrivateKey::from_pem(pem).map_err(|error| match error {
            Error::Config { problem, .. } => self.wrong(Key::RsaKey, &problem),
            other => other,
        })
    }

    fn oauth2(&self, quirks: &Quirks) -> Result<OAuth2, Error> {
        self.one_of(Key::ResponseType, &[("code", ())])?;
        self.one_of(Key::CodeChallengeMethod, &[("S256", ())])?;
        let form_post = self.one_of(Key::ResponseMode, &[("query", false), ("form_post", true)])?;
        let policy = self.one_of(
            Key::Userinfo,
            &[
                ("auto", UserinfoPolicy::Auto),
                ("never", UserinfoPolicy::Never),
                ("always", UserinfoPolicy::Always),
            ],
        )?;
        let auth_method = self.auth_method()?;
        let token_placement = self.one_of(
            Key::TokenPlacement,
            &[
                ("header", TokenPlacement::Header),
                ("body", TokenPlacement::Body),
                ("danger_query", TokenPlacement::Query),
            ],
        )?;
        let made_secret = self.made_secret()?;
        let secret = self.text(Key::ClientSecret).is_some() || made_secret.is_some();
        match auth_method {
            Some(AuthMethod::None) if quirks.has(Quirk::NoPkce) => {
                let problem = "a client without a secret and without PKCE protects nothing";
                return Err(self.wrong(Key::TokenEndpointAuthMethod, problem));
            }
            Some(AuthMethod::Basic | AuthMethod::Post | AuthMethod::SecretJwt) | None
                if !secret =>
            {
                self.required(Key::ClientSecret)?;
            }
            _ => {}
        }
        let azp =
            self.one_of(Key::OtherAudiences, &[("refuse", false), ("when_azp_is_us", true)])?;
        let config = OAuth2 {
            api_base_url: self.endpoint(Key::ApiBaseUrl)?,
            authorize_url: self.endpoint(Key::AuthorizeUrl)?,
            token_url: self.endpoint(Key::AccessTokenUrl)?,
            refresh_url: self.endpoint(Key::RefreshTokenUrl)?,
            refresh_params: self.pairs(Key::RefreshTokenParams)?,
            revocation_endpoint: self.endpoint(Key::RevocationEndpoint)?,
            introspection_endpoint: self.endpoint(Key::IntrospectionEndpoint)?,
            device_authorization_endpoint: self.endpoint(Key::DeviceAuthorizationEndpoint)?,
            end_session_endpoint: self.endpoint(Key::EndSessionEndpoint)?,
            push_endpoint: self.endpoint(Key::PushedAuthorizationRequestEndpoint)?,
            pushes: self.flag(Key::RequirePushedAuthorizationRequests)?,
            jwks_uri: self.endpoint(Key::JwksUri)?,
            jwks: self.jwks()?,
            issuer: self.text(Key::Issuer).map(str::to_owned),
            allowed_tenants: self.words(Key::AllowedTenants),
            made_secret,
            metadata_url: self.endpoint(Key::ServerMetadataUrl)?,
            scope: self.words(Key::Scope),
            assertion: self.assertion(auth_method)?,
            auth_method,
            form_post: form_post.unwrap_or(false),
            prompt: self.text(Key::Prompt).map(str::to_owned),
            max_age: self.number(Key::MaxAge)?,
            essential_acr: self.words(Key::EssentialAcrValues),
            userinfo: policy.unwrap_or(UserinfoPolicy::Auto),
            token_placement: token_placement.unwrap_or_default(),
            algorithms: match self.algorithms(Key::IdTokenSignedResponseAlg)? {
                none if none.is_empty() => Algorithm::DEFAULTS.to_vec(),
                some => some,
            },
            decryption: self.decryption()?,
            userinfo_algorithms: self.algorithms(Key::UserinfoSignedResponseAlg)?,
            mutual_tls: self.text(Key::Certificate).is_some(),
            leeway: Duration::from_secs(self.number(Key::Leeway)?.unwrap_or(DEFAULT_LEEWAY)),
            other_audiences_when_azp_is_us: azp.unwrap_or(false),
            trusted_audiences: self.words(Key::TrustedAudiences),
        };
        let discovers = config.issuer.is_some() || config.metadata_url.is_some();
        if config.is_openid() && !discovers {
            let problem = "expected it, since the scope openid asks for ID tokens";
            return Err(self.wrong(Key::Issuer, problem));
        }
        let begins =
            config.authorize_url.is_some() || config.device_authorization_endpoint.is_some();
        if !discovers && !begins {
            let problem = "expected it, or an issuer or a server_metadata_url to find it by";
            return Err(self.wrong(Key::AuthorizeUrl, problem));
        }
        if !discovers && config.token_url.is_none() {
            let problem = "expected it, or an issuer or a server_metadata_url to find it by";
            return Err(self.wrong(Key::AccessTokenUrl, problem));
        }
        if !config.has_tenants() && !config.allowed_tenants.is_empty() {
            let problem = format!("expected an issuer with {TENANT} in it, got none");
            return Err(self.wrong(Key::AllowedTenants, &problem));
        }
        if config.has_tenants() && config.metadata_url.is_none() {
            let problem = format!("expected it, since the issuer has {TENANT} in it");
            return Err(self.wrong(Key::ServerMetadataUrl, &problem));
        }
        if let Some(issuer) = &config.issuer {
            // RFC 8414 §2, OIDC Discovery 4.1: a URL without query or fragment.
            let one = issuer.replacen(TENANT, "tenant", 1);
            let endpoint = Endpoint::parse(&self.what(Key::Issuer), &one)?;
            if endpoint.as_str().contains('?') {
                let problem = format!("expected no query in an issuer, got one in {issuer:?}");
                return Err(self.wrong(Key::Issuer, &problem));
            }
        }
        Ok(config)
    }

    /// What the client secret is to be made of, if it is.
    fn made_secret(&self) -> Result<Option<Box<MadeSecretOf>>, Error> {
        let Some(team_id) = self.text(Key::TeamId) else { return Ok(None) };
        if self.text(Key::ClientSecret).is_some() {
            let problem = "expected either it, to make the client_secret of, or a client_secret";
            return Err(self.wrong(Key::TeamId, problem));
        }
        Ok(Some(Box::new(MadeSecretOf {
            team_id: team_id.to_owned(),
            key_id: self.required(Key::KeyId)?.to_owned(),
            private_key: Secret::new(self.required(Key::PrivateKey)?),
        })))
    }

    /// How the client authenticates where its settings decide: as they say, or by the certificate or
    /// the private key where there is one and no secret beside it.
    fn auth_method(&self) -> Result<Option<AuthMethod>, Error> {
        let said = self.one_of(
            Key::TokenEndpointAuthMethod,
            &[
                ("client_secret_basic", AuthMethod::Basic),
                ("client_secret_post", AuthMethod::Post),
                ("client_secret_jwt", AuthMethod::SecretJwt),
                ("private_key_jwt", AuthMethod::PrivateKeyJwt),
                ("tls_client_auth", AuthMethod::Tls),
                ("self_signed_tls_client_auth", AuthMethod::SelfSignedTls),
                ("none", AuthMethod::None),
            ],
        )?;
        let has = |key| self.text(key).is_some();
        let method = match said {
            // The secret is made of the key.
            said if has(Key::TeamId) => return Ok(said),
            // Which of the two its certificate is for, only the server needs to know.
            None if has(Key::Certificate) && !has(Key::ClientSecret) => Some(AuthMethod::Tls),
            None if has(Key::PrivateKey) && !has(Key::ClientSecret) => {
                Some(AuthMethod::PrivateKeyJwt)
            }
            said => said,
        };
        if matches!(method, Some(AuthMethod::Tls | AuthMethod::SelfSignedTls)) {
            self.required(Key::Certificate)?;
        }
        let signs = method == Some(AuthMethod::PrivateKeyJwt);
        for (key, is_used) in
            [(Key::PrivateKey, signs || has(Key::Certificate)), (Key::KeyId, signs)]
        {
            if has(key) && !is_used {
                let problem = "it has no use without token_endpoint_auth_method private_key_jwt";
                return Err(self.wrong(key, problem));
            }
        }
        Ok(method)
    }

    /// The certificate chain and its private key, as TLS takes them.
    fn identity(&self) -> Result<Option<Secret>, Error> {
        let Some(chain) = self.text(Key::Certificate) else { return Ok(None) };
        let key = self.required(Key::PrivateKey)?;
        // In one piece: a text that grows leaves copies of the key behind.
        let mut identity = String::with_capacity(chain.len() + key.len() + 2);
        for (key, text, label) in [
            (Key::Certificate, chain, "-----BEGIN CERTIFICATE-----"),
            (Key::PrivateKey, key, "PRIVATE KEY-----"),
        ] {
            let text = pem(text);
            if !text.contains(label) {
                return Err(self.wrong(key, &format!("expected PEM, with {label} in it")));
            }
            identity.push_str(text.trim_end());
            identity.push('\n');
        }
        Ok(Some(Secret::new(identity)))
    }

    fn jwks(&self) -> Result<Option<Arc<JwkSet>>, Error> {
        let Some(text) = self.text(Key::Jwks) else { return Ok(None) };
        if self.text(Key::JwksUri).is_some() {
            return Err(self.wrong(Key::Jwks, "expected either it or jwks_uri, got both"));
        }
        let set = JwkSet::parse(text.as_bytes())
            .map_err(|error| self.wrong(Key::Jwks, &format!("expected a JWK Set: {error}")))?;
        Ok(Some(Arc::new(set)))
    }

    /// The client's private keys, and the algorithms to decrypt by: those to a public key, and those
    /// that a key names.
    fn decryption(&self) -> Result<Option<Arc<(Decrypter, DecryptionKeySet)>>, Error> {
        let Some(text) = self.text(Key::DecryptionKeys) else { return Ok(None) };
        let wrong = |problem: &dyn Display| {
            let problem = format!("expected a JWK Set of private keys: {problem}");
            self.wrong(Key::DecryptionKeys, &problem)
        };
        let keys = DecryptionKeySet::parse(text.as_bytes()).map_err(|error| match error {
            Error::Unverified(reason) => wrong(&reason),
            other => wrong(&other),
        })?;
        if keys.keys().is_empty() {
            return Err(wrong(&"it has none to decrypt with"));
        }
        let named = keys.keys().iter().filter_map(|key| KeyManagement::from_name(key.alg()?));
        let allowed = KeyManagement::DEFAULTS.iter().copied().chain(named);
        Ok(Some(Arc::new((Decrypter::new().allow(allowed), keys))))
    }

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

    fn algorithms(&self, key: Key) -> Result<Vec<Algorithm>, Error> {
        let secret_bits = self.text(Key::ClientSecret).unwrap_or_default().len() * 8;
        let read = |name: &String| match Algorithm::from_name(name) {
            // OIDC Core 10.1, RFC 7518 §3.2.
            Some(alg) if alg.is_symmetric() && secret_bits < alg.min_key_bits() => {
                let least = alg.min_key_bits() / 8;
                let problem =
                    format!("expected a client_secret of {least} bytes or more for {alg}");
                Err(self.wrong(key, &problem))
            }
            Some(alg) => Ok(alg),
            None => Err(self.wrong(key, &format!("expected JWS algorithms, got {name:?}"))),
        };
        self.words(key).iter().map(read).collect()
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

/// What stands for the tenant in an issuer for each.
const TENANT: &str = "{tenantid}";

/// Seconds by which clocks may differ.
const DEFAULT_LEEWAY: u64 = 60;

#[cfg(test)]
mod tests {
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
