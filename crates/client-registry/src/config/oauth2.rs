//! What a client of OAuth 2.0 or OpenID Connect is told by its settings.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use oauth2_core::ClientAuthentication;
use oidc_core::jwk::JwkSet;
use oidc_core::jwk::jwe::{ContentEncryption, Decrypter, DecryptionKeySet, KeyManagement};
use oidc_core::{Algorithm, IssuerRule};
use protocol_core::{Endpoint, Error, Secret};

use super::Reader;
use super::assertion::pem;
use crate::quirks::{Quirk, Quirks};
use crate::settings::Key;
use crate::token_placement::TokenPlacement;

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
    /// Whether ID tokens must be encrypted.
    pub(crate) requires_encryption: bool,
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

impl Reader<'_> {
    pub(super) fn oauth2(&self, quirks: &Quirks) -> Result<OAuth2, Error> {
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
        let encryption = self.encryption()?;
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
            decryption: self.decryption(encryption)?,
            requires_encryption: encryption.is_some(),
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
        let only_looks_up = config.introspection_endpoint.is_some() && config.token_url.is_none();
        let knows = discovers || only_looks_up;
        let begins =
            config.authorize_url.is_some() || config.device_authorization_endpoint.is_some();
        if !knows && !begins {
            let problem = "expected it, or an issuer or a server_metadata_url to find it by";
            return Err(self.wrong(Key::AuthorizeUrl, problem));
        }
        if !knows && config.token_url.is_none() {
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
    pub(super) fn identity(&self) -> Result<Option<Secret>, Error> {
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

    /// The algorithm by which ID tokens must be encrypted, if they must.
    fn encryption(&self) -> Result<Option<KeyManagement>, Error> {
        let Some(name) = self.text(Key::IdTokenEncryptedResponseAlg) else { return Ok(None) };
        self.required(Key::DecryptionKeys)?;
        KeyManagement::from_name(name).map(Some).ok_or_else(|| {
            let problem = format!("expected an algorithm of JWE, not RSA1_5, got {name:?}");
            self.wrong(Key::IdTokenEncryptedResponseAlg, &problem)
        })
    }

    /// The client's private keys, and the algorithms to decrypt by: the expected one, or else those to
    /// a public key and those that a key names.
    fn decryption(
        &self,
        expected: Option<KeyManagement>,
    ) -> Result<Option<Arc<(Decrypter, DecryptionKeySet)>>, Error> {
        let Some(text) = self.text(Key::DecryptionKeys) else { return Ok(None) };
        let wrong = |problem: &dyn Display| {
            let problem = format!("expected a JWK Set of private keys: {problem}");
            self.wrong(Key::DecryptionKeys, &problem)
        };
        let keys = DecryptionKeySet::parse(text.as_bytes()).map_err(|error| match error {
            Error::Unverified(reason) => wrong(&reason),
            other => wrong(&other),
        })?;
        if keys.keys().iter().all(|key| key.key_use() == Some("sig")) {
            return Err(wrong(&"it has none to decrypt with"));
        }
        // The key of `dir` may name the content's algorithm (RFC 7520 §5.6).
        let of_name = |name| match ContentEncryption::from_name(name) {
            Some(_) => Some(KeyManagement::Dir),
            None => KeyManagement::from_name(name),
        };
        let allowed: Vec<_> = match expected {
            Some(alg) => vec![alg],
            None => {
                let named = keys.keys().iter().filter_map(|key| of_name(key.alg()?));
                KeyManagement::DEFAULTS.iter().copied().chain(named).collect()
            }
        };
        Ok(Some(Arc::new((Decrypter::new().allow(allowed), keys))))
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
}

/// What stands for the tenant in an issuer for each.
const TENANT: &str = "{tenantid}";

/// Seconds by which clocks may differ.
const DEFAULT_LEEWAY: u64 = 60;
