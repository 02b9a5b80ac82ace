//! What a client can be told, as text by key, and where each value came from.
//!
//! Presets, files, the environment and code all speak in these keys; [`crate::config`] turns them
//! into typed settings once, so a mistake reads the same wherever it was made.

use std::collections::BTreeMap;
use std::fmt;

use protocol_core::{Error, Secret, digest};

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident = $text:literal for $reader:ident,)*) => {
        /// A key of a client's configuration: `GOOGLE_CLIENT_ID` in the environment, `client_id`
        /// in a file.
        ///
        #[doc = include_str!("../KEYS.md")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Key { $($(#[$doc])* $name,)* }

        impl Key {
            /// Every key.
            pub const ALL: &'static [Key] = &[$(Key::$name,)*];

            /// The key as files spell it.
            pub const fn name(self) -> &'static str {
                match self { $(Key::$name => $text,)* }
            }

            /// Which clients read it.
            pub(crate) const fn reader(self) -> Reader {
                match self { $(Key::$name => Reader::$reader,)* }
            }
        }
    };
}

/// Which clients read a key. One that a client would not read is refused there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Every,
    /// Those of a preset whose addresses it fills in.
    Preset,
    OAuth1,
    /// OpenID Connect is OAuth 2.0, too.
    OAuth2,
    OpenId,
}

keys! {
    /// The client identifier, or the consumer key of OAuth 1.0.
    ClientId = "client_id" for Every,
    /// The client secret, or the consumer secret of OAuth 1.0.
    ClientSecret = "client_secret" for Every,
    /// OAuth 1.0: where temporary credentials are asked for. Its presence makes the client one of
    /// OAuth 1.0.
    RequestTokenUrl = "request_token_url" for OAuth1,
    /// OAuth 1.0: more parameters of that request, as JSON or form text.
    RequestTokenParams = "request_token_params" for OAuth1,
    /// The token endpoint.
    AccessTokenUrl = "access_token_url" for Every,
    /// More parameters of the token request, as JSON or form text.
    AccessTokenParams = "access_token_params" for Every,
    /// Where tokens are refreshed, where that is not the token endpoint.
    RefreshTokenUrl = "refresh_token_url" for OAuth2,
    /// More parameters of the refresh request, as JSON or form text.
    RefreshTokenParams = "refresh_token_params" for OAuth2,
    /// The authorization endpoint.
    AuthorizeUrl = "authorize_url" for Every,
    /// More parameters of the authorization URL, as JSON or form text.
    AuthorizeParams = "authorize_params" for Every,
    /// The provider's own domain, for presets of providers with many: `dev-1.okta.com`, with a port
    /// or a path where it has one, or a whole URL.
    Domain = "domain" for Preset,
    /// The preset `microsoft`: the one tenant whose users may log in, by its identifier.
    Tenant = "tenant" for Preset,
    /// What relative addresses of API calls are relative to.
    ApiBaseUrl = "api_base_url" for Every,
    /// Hosts besides those of `api_base_url` and `userinfo_endpoint` that the token may go to, each
    /// as `host` or `host:port`, separated by spaces.
    ApiHosts = "api_hosts" for Every,
    /// Further settings of this table as one JSON object or form text, as Authlib groups them.
    ClientKwargs = "client_kwargs" for Every,
    /// The issuer, exactly as its documents write it. With `{tenantid}` in it, it is an issuer for each
    /// tenant, as Microsoft Entra has them; `server_metadata_url` then says where its documents are.
    Issuer = "issuer" for OAuth2,
    /// Of an issuer with `{tenantid}` in it: the tenants that are taken, separated by spaces.
    /// Default: all.
    AllowedTenants = "allowed_tenants" for OpenId,
    /// Where the server's metadata is, when it is not under the issuer's well-known address.
    ServerMetadataUrl = "server_metadata_url" for OAuth2,
    /// The UserInfo endpoint, or the profile address of an OAuth 1.0 or 2.0 API.
    UserinfoEndpoint = "userinfo_endpoint" for Every,
    /// Where the issuer's JWK Set is.
    JwksUri = "jwks_uri" for OpenId,
    /// The issuer's JWK Set itself, as JSON: it is used in place of a fetched one.
    Jwks = "jwks" for OpenId,
    /// Where the user logs out at the provider (OpenID Connect RP-Initiated Logout).
    EndSessionEndpoint = "end_session_endpoint" for OpenId,
    /// Where tokens are revoked (RFC 7009), where the metadata does not say.
    RevocationEndpoint = "revocation_endpoint" for OAuth2,
    /// Where tokens are looked up (RFC 7662), where the metadata does not say.
    IntrospectionEndpoint = "introspection_endpoint" for OAuth2,
    /// Where logins of devices without a browser begin (RFC 8628), where the metadata does not say.
    DeviceAuthorizationEndpoint = "device_authorization_endpoint" for OAuth2,
    /// Where authorization requests are pushed to (RFC 9126), where the metadata does not say.
    PushedAuthorizationRequestEndpoint = "pushed_authorization_request_endpoint" for OAuth2,
    /// `true` to push every authorization request (RFC 9126 §6). One that the metadata requires is
    /// pushed in any case.
    RequirePushedAuthorizationRequests = "require_pushed_authorization_requests" for OAuth2,
    /// The scopes to ask for, separated by spaces.
    Scope = "scope" for OAuth2,
    /// `code`, the response type that this crate speaks.
    ResponseType = "response_type" for OAuth2,
    /// How the authorization response comes: `query` or `form_post`.
    ResponseMode = "response_mode" for OAuth2,
    /// PKCE: `S256`. Providers that cannot are named by the quirk `no_pkce`.
    CodeChallengeMethod = "code_challenge_method" for OAuth2,
    /// OAuth 2.0: where API calls carry the token (RFC 6750 §2): `header` (default), `body` (form
    /// bodies only) or, for who must, `danger_query`: servers and proxies log addresses.
    TokenPlacement = "token_placement" for OAuth2,
    /// How the client authenticates at the token endpoint: `client_secret_basic`,
    /// `client_secret_post`, `client_secret_jwt`, `private_key_jwt`, `tls_client_auth`,
    /// `self_signed_tls_client_auth` or `none`.
    TokenEndpointAuthMethod = "token_endpoint_auth_method" for OAuth2,
    /// The algorithm of `client_secret_jwt` (default HS256) or of `private_key_jwt` (default: the
    /// first that the key is for).
    TokenEndpointAuthSigningAlg = "token_endpoint_auth_signing_alg" for OAuth2,
    /// Whom the assertion of those two is made out to: `endpoint` (default), the address that it is
    /// sent to, or `issuer`.
    ClientAssertionAudience = "client_assertion_audience" for OAuth2,
    /// The client's private key, in PEM (PKCS#8) or as JWK: `private_key_jwt` is signed with it. In
    /// PEM it is that of `certificate`, too.
    PrivateKey = "private_key" for OAuth2,
    /// The `kid` of `private_key`.
    KeyId = "key_id" for OAuth2,
    /// Apple's clients: the team that `private_key` belongs to.
    TeamId = "team_id" for OAuth2,
    /// The client's certificate chain in PEM, for mutual TLS (RFC 8705): all its requests show it
    /// where they are asked to, API calls included.
    Certificate = "certificate" for OAuth2,
    /// The private keys that ID tokens are encrypted to, as a JWK Set. Taken are the algorithms to a
    /// public key (RSA-OAEP, RSA-OAEP-256, ECDH-ES and ECDH-ES with A*KW) and those that a key's
    /// `alg` names; what is inside is signed all the same.
    DecryptionKeys = "decryption_keys" for OpenId,
    /// The one algorithm by which ID tokens are encrypted, for a client that is registered for
    /// encrypted ones: nothing else is decrypted, and an ID token that is not encrypted is refused.
    /// It needs `decryption_keys`.
    IdTokenEncryptedResponseAlg = "id_token_encrypted_response_alg" for OpenId,
    /// The algorithms that ID tokens may be signed with, separated by spaces.
    IdTokenSignedResponseAlg = "id_token_signed_response_alg" for OpenId,
    /// The algorithms that UserInfo answers must be signed with, for a client that is registered for
    /// signed ones, separated by spaces. Default: answers are plain JSON.
    UserinfoSignedResponseAlg = "userinfo_signed_response_alg" for OpenId,
    /// When the UserInfo endpoint is asked: `auto`, `never` or `always`.
    Userinfo = "userinfo" for OpenId,
    /// The most seconds since the user authenticated.
    MaxAge = "max_age" for OpenId,
    /// `login`, `consent`, `select_account` or `none`.
    Prompt = "prompt" for OpenId,
    /// acr values, separated by spaces, of which the ID token must have one. They are asked for as
    /// essential (OIDC Core 5.5.1.1).
    EssentialAcrValues = "essential_acr_values" for OpenId,
    /// Seconds by which clocks may differ. Default 60.
    Leeway = "leeway" for OpenId,
    /// `when_azp_is_us` to take ID tokens that name further audiences.
    OtherAudiences = "other_audiences" for OpenId,
    /// Audiences besides our own that an ID token may name, separated by spaces.
    TrustedAudiences = "trusted_audiences" for OpenId,
    /// OAuth 1.0: `HMAC-SHA1` (default), `HMAC-SHA256`, `HMAC-SHA512` or `PLAINTEXT`; `RSA-SHA1`,
    /// `RSA-SHA256` or `RSA-SHA512` with `rsa_key`; `own` for the one that code gives
    /// ([`Provider::signature_method`](crate::Provider::signature_method)).
    SignatureMethod = "signature_method" for OAuth1,
    /// OAuth 1.0: where the signature goes: `header` (default), `query` or `body`.
    SignatureType = "signature_type" for OAuth1,
    /// OAuth 1.0: the private key of the RSA methods, in PEM (PKCS#8 or PKCS#1). They need the
    /// feature `openssl` or `rsa`, and no client secret.
    RsaKey = "rsa_key" for OAuth1,
    /// OAuth 1.0: `true` to cover bodies of API calls that are no form by `oauth_body_hash` (the
    /// Request Body Hash extension).
    ForceIncludeBody = "force_include_body" for OAuth1,
    /// OAuth 1.0: the realm of the Authorization header. The preset `keycloak`: the realm to log in
    /// at.
    Realm = "realm" for OAuth1,
    /// The proxy of this client's requests, API calls included: an http or https URL, user and
    /// password in it where it asks for them.
    Proxy = "proxy" for Every,
    /// Deviations of the provider by name, separated by spaces; see [`crate::Quirk`].
    Quirks = "quirks" for Every,
}

impl Key {
    /// The key of that name, in any case.
    pub fn from_name(name: &str) -> Option<Key> {
        Key::ALL.iter().copied().find(|key| key.name().eq_ignore_ascii_case(name))
    }

    /// Whether values of it are secrets, which no error repeats.
    pub fn is_secret(self) -> bool {
        use Key::{ClientSecret, DecryptionKeys, PrivateKey, Proxy, RsaKey};
        matches!(self, ClientSecret | PrivateKey | RsaKey | DecryptionKeys | Proxy)
    }

    /// Whether it can also be given as `{KEY}_FILE`, the path of a file that holds the value:
    /// secrets, and what tools write into files.
    pub fn may_be_a_file(self) -> bool {
        self.is_secret() || matches!(self, Key::Certificate | Key::Jwks)
    }
}

/// Where a value came from, for errors that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A preset of this crate.
    Preset,
    /// A file, by its path.
    File(String),
    /// A map given by the application.
    Map,
    /// A variable of the environment, by its name.
    Env(String),
    /// A call in the application's code.
    Code,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Preset => f.write_str("the preset"),
            Origin::File(path) => f.write_str(path),
            Origin::Map => f.write_str("a map"),
            Origin::Env(name) => write!(f, "the environment's {name}"),
            Origin::Code => f.write_str("code"),
        }
    }
}

/// Values by key, each with its origin. Its `Debug` shows keys and origins only.
#[derive(Clone, Default)]
pub(crate) struct Settings(BTreeMap<Key, (Secret, Origin)>);

impl Settings {
    /// Sets one value; one that was there goes.
    pub(crate) fn set(&mut self, key: Key, value: impl Into<String>, origin: Origin) {
        self.0.insert(key, (Secret::new(value), origin));
    }

    /// The value of a key. An empty text counts as none, as in an environment that blanks it.
    pub(crate) fn value(&self, key: Key) -> Option<&str> {
        self.0.get(&key).map(|(value, _)| value.expose()).filter(|value| !value.is_empty())
    }

    /// Every key that has a value, with where it came from.
    pub(crate) fn set_keys(&self) -> impl Iterator<Item = (Key, &Origin)> {
        let set = self.0.iter().filter(|(_, (value, _))| !value.is_empty());
        set.map(|(key, (_, origin))| (*key, origin))
    }

    /// Where the value of a key came from.
    pub(crate) fn origin(&self, key: Key) -> Option<&Origin> {
        self.0.get(&key).map(|(_, origin)| origin)
    }

    /// Takes a value out, with where it came from.
    pub(crate) fn take(&mut self, key: Key) -> Option<(Secret, Origin)> {
        self.0.remove(&key).filter(|(value, _)| !value.is_empty())
    }

    /// The keys whose value is a preset's.
    pub(crate) fn of_the_preset(&self) -> Vec<Key> {
        let own = self.0.iter().filter(|(_, (_, origin))| *origin == Origin::Preset);
        own.map(|(key, _)| *key).collect()
    }

    /// A digest of all but identifier and secret, by which clients that are otherwise alike are
    /// found. None where there is another secret: what is made of that is nobody else's.
    pub(crate) fn shape(&self) -> Option<[u8; 32]> {
        let identity = [Key::ClientId, Key::ClientSecret];
        let mut text = String::new();
        for (key, (value, _)) in self.0.iter().filter(|(key, _)| !identity.contains(key)) {
            if key.is_secret() {
                return None;
            }
            // With lengths, so that no two texts run together into the same.
            let (name, value) = (key.name(), value.expose());
            text += &format!("{name} {} {value}\n", value.len());
        }
        Some(digest::sha256(text.as_bytes()))
    }

    /// Puts `over` on top of these: its values win.
    pub(crate) fn overlay(&mut self, over: &Settings) {
        self.0.extend(over.0.iter().map(|(key, value)| (*key, value.clone())));
    }

    /// Unfolds `client_kwargs` into the keys it names; a list becomes its texts with spaces between.
    /// What is set beside it wins. Each layer unfolds its own, so that they weigh like its others.
    pub(crate) fn unfold_kwargs(&mut self) -> Result<(), Error> {
        let Some((text, origin)) = self.0.remove(&Key::ClientKwargs) else { return Ok(()) };
        let mut unfolded: BTreeMap<Key, String> = BTreeMap::new();
        for (name, value) in pairs(&format!("client_kwargs (from {origin})"), text.expose())? {
            let key = Key::from_name(&name)
                .filter(|key| *key != Key::ClientKwargs)
                .ok_or_else(|| unknown_key("client_kwargs", &name, &origin))?;
            match unfolded.get_mut(&key) {
                Some(list) => *list = format!("{list} {value}"),
                None => drop(unfolded.insert(key, value)),
            }
        }
        for (key, value) in unfolded {
            self.0.entry(key).or_insert_with(|| (Secret::new(value), origin.clone()));
        }
        Ok(())
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(key, (_, origin))| (key.name(), origin))).finish()
    }
}

/// Pairs written as a JSON object or as form text (`a=1&b=2`). Values that are JSON numbers or
/// booleans are taken by their text; an array repeats its name.
///
/// # Errors
/// [`Error::Config`] naming `what`.
pub(crate) fn pairs(what: &str, text: &str) -> Result<Vec<(String, String)>, Error> {
    use serde_json::Value;
    fn scalar(value: &Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(bool) => Some(bool.to_string()),
            _ => None,
        }
    }
    let text = text.trim();
    if !text.starts_with('{') {
        return Ok(protocol_core::percent::form_pairs(text.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect());
    }
    let object = protocol_core::json::object(text.as_bytes())
        .map_err(|error| Error::config(what, format!("expected JSON or form text: {error}")))?;
    let mut pairs = Vec::new();
    for (name, value) in object {
        let items = match value {
            Value::Array(items) => items,
            one => vec![one],
        };
        for item in items {
            let text = scalar(&item).ok_or_else(|| {
                Error::config(what, format!("expected texts, got another JSON type at {name:?}"))
            })?;
            pairs.push((name.clone(), text));
        }
    }
    Ok(pairs)
}

/// The error for a key that nobody knows, in `place`, with the nearest one that is known.
pub(crate) fn unknown_key(place: &str, name: &str, origin: &Origin) -> Error {
    let problem = match nearest_key(name) {
        Some(key) => format!("unknown key {name:?}; the nearest known one is {:?}", key.name()),
        None => format!("unknown key {name:?}"),
    };
    Error::config(origin.to_string(), format!("{place}: {problem}"))
}

/// The known key that a misspelt name is nearest to, if any is near.
pub(crate) fn nearest_key(name: &str) -> Option<Key> {
    let name = name.to_ascii_lowercase();
    Key::ALL
        .iter()
        .map(|key| (strsim::damerau_levenshtein(&name, key.name()), *key))
        .filter(|(distance, key)| *distance <= 2.max(key.name().len() / 4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_from_json_and_from_form_text() {
        let both = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "x y".to_owned())];
        assert_eq!(pairs("p", "a=1&b=x+y").unwrap(), both);
        assert_eq!(pairs("p", r#" {"a": 1, "b": "x y"}"#).unwrap(), both);
        assert_eq!(pairs("p", r#"{"r": ["1", "2"]}"#).unwrap().len(), 2);
        for text in [r#"{"a": {}}"#, r#"{"a": null}"#, "{", r#"{"a":1,"a":2}"#] {
            assert_eq!(pairs("p", text).unwrap_err().code(), "config", "{text}");
        }
    }

    #[test]
    fn kwargs_become_keys_and_what_stands_beside_them_wins() {
        let mut settings = Settings::default();
        let kwargs = r#"{"scope": "openid email", "leeway": 5}"#;
        settings.set(Key::ClientKwargs, kwargs, Origin::Env("GOOGLE_CLIENT_KWARGS".into()));
        settings.set(Key::Leeway, "9", Origin::Code);
        settings.unfold_kwargs().unwrap();
        assert_eq!(settings.value(Key::Scope), Some("openid email"));
        assert_eq!(settings.value(Key::Leeway), Some("9"));

        settings = Settings::default();
        settings.set(Key::ClientKwargs, r#"{"scope": ["openid", "email"]}"#, Origin::Code);
        settings.unfold_kwargs().unwrap();
        assert_eq!(settings.value(Key::Scope), Some("openid email"), "a list is all of its texts");

        settings.set(Key::ClientKwargs, r#"{"scop": "x"}"#, Origin::Code);
        let error = settings.unfold_kwargs().unwrap_err().to_string();
        assert!(error.contains("scop") && error.contains("\"scope\""), "{error}");
    }

    #[test]
    fn clients_are_alike_that_differ_in_identifier_and_secret_alone() {
        let shape = |values: &[(Key, &str)]| {
            let mut settings = Settings::default();
            for (key, value) in values {
                settings.set(*key, *value, Origin::Code);
            }
            settings.shape()
        };
        let one = shape(&[(Key::ClientId, "a"), (Key::ClientSecret, "b"), (Key::Scope, "x")]);
        let two = shape(&[(Key::ClientId, "c"), (Key::ClientSecret, "d"), (Key::Scope, "x")]);
        assert!(one.is_some() && one == two);
        assert_ne!(one, shape(&[(Key::Scope, "y")]));
        assert_ne!(one, shape(&[(Key::Issuer, "x")]));
        assert_eq!(shape(&[(Key::Scope, "x"), (Key::PrivateKey, "k")]), None);
    }

    #[test]
    fn the_documented_table_is_the_one_that_the_code_has() {
        let rows = include_str!("../KEYS.md").lines().filter(|line| line.starts_with("| `"));
        let documented: Vec<_> = rows
            .map(|row| {
                let cells: Vec<_> = row.split('|').map(str::trim).collect();
                (cells[1].trim_matches('`'), cells[2], cells[3] == "yes")
            })
            .collect();
        let known: Vec<_> = Key::ALL
            .iter()
            .map(|key| {
                let reader = match key.reader() {
                    Reader::Every => "every",
                    Reader::Preset => "presets",
                    Reader::OAuth1 => "OAuth 1.0",
                    Reader::OAuth2 => "OAuth 2.0",
                    Reader::OpenId => "OpenID Connect",
                };
                (key.name(), reader, key.may_be_a_file())
            })
            .collect();
        assert_eq!(documented, known);
    }

    #[test]
    fn debug_holds_no_value() {
        let mut settings = Settings::default();
        settings.set(Key::ClientSecret, "canary", Origin::Code);
        assert_eq!(format!("{settings:?}"), r#"{"client_secret": Code}"#);
    }
}
