//! What each key of the configuration does. A key is never ignored: it has its effect, which is
//! seen here from outside, or the client is refused.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use client_registry::{Callback, Env, Error, HttpClient, Key, Provider, UnixTime};
use oidc_core::jwk::{Algorithm, JwkSet, SigningKey, Verifier};
use protocol_core::base64url;
use serde_json::json;

use crate::common::{
    App, Browser, CLIENT, Http, ISSUER, Idp, SECRET, START, Seen, answer, assert_code, json_answer,
    param, params, published,
};

/// A login, its UserInfo, calls of an API, a refresh, an introspection, a device's login and a
/// revocation: what was asked on the way.
struct Run {
    url: String,
    seen: Vec<Seen>,
    /// The first thing that went wrong.
    error: Option<Error>,
}

impl Run {
    /// The requests to the token endpoint of this grant.
    fn grant(&self, grant: &str) -> &Seen {
        let is_it = |seen: &&Seen| seen.form("grant_type").as_deref() == Some(grant);
        self.seen.iter().find(is_it).expect("a token request")
    }

    fn code(&self) -> &Seen {
        self.grant("authorization_code")
    }

    fn asked(&self, path: &str) -> bool {
        let address =
            if path.starts_with('/') { format!("{ISSUER}{path}") } else { path.to_owned() };
        self.seen.iter().any(|seen| seen.address() == address)
    }

    fn call(&self, address: &str) -> Option<&Seen> {
        self.seen.iter().find(|seen| seen.address() == address)
    }

    fn failed_with(&self, code: &str) -> bool {
        self.error.as_ref().is_some_and(|error| error.code() == code)
    }

    /// Header and claims of the assertion by which the code was traded.
    fn assertion(&self) -> (serde_json::Value, serde_json::Value) {
        let assertion = self.code().form("client_assertion").expect("an assertion");
        let part = |at| base64url::decode(assertion.split('.').nth(at).unwrap()).unwrap();
        let part = |at| serde_json::from_slice(&part(at)).unwrap();
        (part(0), part(1))
    }
}

async fn run(provider: Provider) -> Run {
    run_at(&Idp::new(), provider).await
}

async fn run_at(idp: &Idp, provider: Provider) -> Run {
    // Past by half a minute: what the default leeway still takes.
    idp.claims(json!({"exp": START - 30, "aud": [CLIENT, "api"], "azp": CLIENT}));
    idp.answer("/api/me", |_| json_answer(json!({})));
    let served = idp.http();
    let http = Http::new(move |seen| match seen.address().starts_with(ISSUER) {
        true => served.answer(seen),
        false => Ok(json_answer(json!({}))),
    });
    let own = http.clone();
    let app = App::new(http.clone(), |builder| {
        let own = builder.http_for(move |_| Ok(Arc::new(own.clone()) as Arc<dyn HttpClient>));
        own.register("idp", provider)
    });
    let mut browser = Browser::new();
    let mut run = Run { url: String::new(), seen: Vec::new(), error: None };
    let outcome = async {
        run.url = app.begin(&mut browser, "idp").await?;
        let back = match run.url.starts_with(&format!("{ISSUER}/authorize?")) {
            true if params(&run.url, "request_uri").is_empty() => idp.approve(&run.url),
            _ => return Ok(()),
        };
        let login = app.finish(&mut browser, "idp", Callback::query(&back)).await?;
        let client = app.registry.client("idp")?;
        let calls = async {
            let token = login.token();
            for url in ["you", "https://idp.example/api/me", "https://files.example/x"] {
                let _ = client.get(url).token(token).await;
            }
            client.save_token("u", token).await.unwrap();
            app.wait(3_600);
            let _ = client.fetch_token("u").await;
            let _ = client.introspect_token(token.access_token()).await;
            let _ = client.device_authorization().await;
            let _ = client.revoke_token("u").await;
        };
        calls.await;
        login.userinfo().await.map(drop)
    };
    run.error = outcome.await.err();
    run.seen = http.seen();
    run
}

fn openid() -> Provider {
    Idp::provider().set(Key::Userinfo, "always").set(Key::OtherAudiences, "when_azp_is_us")
}

/// Unlocks nothing: made for these tests.
const PRIVATE_KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVXYl5dK8ty6s5/k9
5KZLzcPtzwhwE2/ISeFs98Chw4WhRANCAASGhlpNSDFh7S+/mQcKpfFx+mTSSjbp
yQMcCxkB/NiYQtxKUgj/VRKii1mQMpuQf+ysBYywA4y/jsf+5/2+lNUx
-----END PRIVATE KEY-----";

const LONG_SECRET: &str = "a secret of 64 bytes or more, which is what HS512 is to be keyed with";

type Row = (Key, fn(Provider) -> Provider, fn(&Run) -> bool);

/// Every key that a client of OpenID Connect reads: how it is set, and what is to be seen then.
const OPENID: &[Row] = &[
    (Key::ClientId, |p| p.client_id("other"), |run| param(&run.url, "client_id") == "other"),
    (
        Key::ClientSecret,
        |p| p.client_secret("another"),
        |run| {
            let basic = base64url::encode_standard(format!("{CLIENT}:another"));
            run.code().header("authorization") == Some(&format!("Basic {basic}"))
        },
    ),
    (
        Key::AccessTokenUrl,
        |p| p.set(Key::AccessTokenUrl, at("/token2")),
        |run| run.asked("/token2"),
    ),
    (
        Key::AccessTokenParams,
        |p| p.set(Key::AccessTokenParams, "x=1"),
        |run| run.code().form("x").as_deref() == Some("1"),
    ),
    (Key::RefreshTokenUrl, |p| p.set(Key::RefreshTokenUrl, at("/re")), |run| run.asked("/re")),
    (
        Key::RefreshTokenParams,
        |p| p.set(Key::RefreshTokenParams, r#"{"x": 1}"#),
        |run| run.grant("refresh_token").form("x").as_deref() == Some("1"),
    ),
    (
        Key::AuthorizeUrl,
        |p| p.set(Key::AuthorizeUrl, at("/elsewhere")),
        |run| run.url.starts_with("https://idp.example/elsewhere?"),
    ),
    (
        Key::AuthorizeParams,
        |p| p.set(Key::AuthorizeParams, "x=1"),
        |run| param(&run.url, "x") == "1",
    ),
    (Key::ApiBaseUrl, |p| p.set(Key::ApiBaseUrl, at("/api")), |run| run.asked("/api/you")),
    (
        Key::ApiHosts,
        |p| p.set(Key::ApiHosts, "files.example"),
        |run| run.call("https://files.example/x").unwrap().header("authorization").is_some(),
    ),
    (
        Key::ClientKwargs,
        |p| p.set(Key::ClientKwargs, r#"{"prompt": "login", "max_age": 60}"#),
        |run| param(&run.url, "prompt") == "login" && param(&run.url, "max_age") == "60",
    ),
    (
        Key::Issuer,
        |p| p.issuer(at("/tenant")),
        |run| run.asked("/tenant/.well-known/openid-configuration"),
    ),
    (Key::ServerMetadataUrl, |p| p.set(Key::ServerMetadataUrl, at("/m")), |run| run.asked("/m")),
    (Key::UserinfoEndpoint, |p| p.set(Key::UserinfoEndpoint, at("/who")), |run| run.asked("/who")),
    (Key::JwksUri, |p| p.set(Key::JwksUri, at("/k")), |run| run.asked("/k") && !run.asked("/jwks")),
    (
        Key::Jwks,
        |p| p.set(Key::Jwks, r#"{"keys": []}"#),
        |run| run.failed_with("no_matching_key") && !run.asked("/jwks"),
    ),
    (
        Key::RevocationEndpoint,
        |p| p.set(Key::RevocationEndpoint, at("/revoke")),
        |run| run.asked("/revoke"),
    ),
    (
        Key::IntrospectionEndpoint,
        |p| p.set(Key::IntrospectionEndpoint, at("/introspect")),
        |run| run.asked("/introspect"),
    ),
    (
        Key::DeviceAuthorizationEndpoint,
        |p| p.set(Key::DeviceAuthorizationEndpoint, at("/device")),
        |run| run.asked("/device"),
    ),
    (
        Key::RequirePushedAuthorizationRequests,
        |p| p.set(Key::RequirePushedAuthorizationRequests, "true"),
        |run| run.failed_with("missing_member"),
    ),
    (
        Key::PushedAuthorizationRequestEndpoint,
        |p| {
            p.set(Key::RequirePushedAuthorizationRequests, "true")
                .set(Key::PushedAuthorizationRequestEndpoint, at("/par"))
        },
        |run| run.asked("/par"),
    ),
    (Key::Scope, |p| p.scope("openid x"), |run| param(&run.url, "scope") == "openid x"),
    (
        Key::ResponseType,
        |p| p.set(Key::ResponseType, "code"),
        |run| param(&run.url, "response_type") == "code",
    ),
    (
        Key::ResponseMode,
        |p| p.set(Key::ResponseMode, "form_post"),
        |run| param(&run.url, "response_mode") == "form_post",
    ),
    (
        Key::CodeChallengeMethod,
        |p| p.set(Key::CodeChallengeMethod, "S256"),
        |run| param(&run.url, "code_challenge_method") == "S256",
    ),
    (
        Key::TokenPlacement,
        |p| p.set(Key::TokenPlacement, "danger_query").set(Key::ApiBaseUrl, at("/api")),
        |run| run.call("https://idp.example/api/me").unwrap().url.contains("?access_token="),
    ),
    (
        Key::TokenEndpointAuthMethod,
        |p| p.set(Key::TokenEndpointAuthMethod, "client_secret_post"),
        |run| run.code().form("client_secret").as_deref() == Some(SECRET),
    ),
    (
        Key::TokenEndpointAuthSigningAlg,
        |p| {
            p.client_secret(LONG_SECRET)
                .set(Key::TokenEndpointAuthMethod, "client_secret_jwt")
                .set(Key::TokenEndpointAuthSigningAlg, "HS512")
        },
        |run| run.assertion().0["alg"] == "HS512",
    ),
    (
        Key::ClientAssertionAudience,
        |p| {
            p.set(Key::TokenEndpointAuthMethod, "client_secret_jwt")
                .set(Key::ClientAssertionAudience, "issuer")
        },
        |run| run.assertion().1["aud"] == ISSUER,
    ),
    (
        Key::PrivateKey,
        |p| p.client_secret("").set(Key::PrivateKey, PRIVATE_KEY),
        |run| run.assertion().0 == json!({"alg": "ES256", "typ": "JWT"}),
    ),
    (
        Key::KeyId,
        |p| p.client_secret("").set(Key::PrivateKey, PRIVATE_KEY).set(Key::KeyId, "k7"),
        |run| run.assertion().0["kid"] == "k7",
    ),
    (
        Key::Certificate,
        |p| {
            p.client_secret("")
                .set(Key::PrivateKey, PRIVATE_KEY)
                .set(Key::Certificate, "-----BEGIN CERTIFICATE-----")
        },
        |run| {
            let code = run.code();
            code.form("client_assertion").is_none() && code.header("authorization").is_none()
        },
    ),
    (
        Key::IdTokenSignedResponseAlg,
        |p| p.set(Key::IdTokenSignedResponseAlg, "RS256"),
        |run| run.failed_with("alg_not_allowed"),
    ),
    (
        Key::UserinfoSignedResponseAlg,
        |p| p.set(Key::UserinfoSignedResponseAlg, "ES256"),
        |run| run.asked("/userinfo") && run.error.is_some(),
    ),
    (Key::Userinfo, |p| p.set(Key::Userinfo, "never"), |run| !run.asked("/userinfo")),
    (Key::MaxAge, |p| p.set(Key::MaxAge, "60"), |run| param(&run.url, "max_age") == "60"),
    (Key::Prompt, |p| p.set(Key::Prompt, "login"), |run| param(&run.url, "prompt") == "login"),
    (
        Key::EssentialAcrValues,
        |p| p.set(Key::EssentialAcrValues, "gold"),
        |run| param(&run.url, "claims").contains("gold"),
    ),
    (Key::Leeway, |p| p.set(Key::Leeway, "0"), |run| run.failed_with("expired")),
    (
        Key::OtherAudiences,
        |p| p.set(Key::OtherAudiences, "refuse"),
        |run| run.failed_with("untrusted_aud"),
    ),
    (
        Key::TrustedAudiences,
        |p| p.set(Key::OtherAudiences, "refuse").set(Key::TrustedAudiences, "api"),
        |run| run.error.is_none(),
    ),
    (Key::Quirks, |p| p.set(Key::Quirks, "no_nonce"), |run| params(&run.url, "nonce").is_empty()),
];

fn at(path: &str) -> String {
    format!("{ISSUER}{path}")
}

#[tokio::test]
async fn each_key_of_a_client_of_openid_connect_has_its_effect() {
    let plain = run(openid()).await;
    assert!(plain.error.is_none(), "{:?}", plain.error);
    for (key, set, shows) in OPENID {
        let run = run(set(openid())).await;
        let seen: Vec<_> = run.seen.iter().map(|seen| &*seen.url).collect();
        assert!(shows(&run), "{key:?}: {} {seen:?} {:?}", run.url, run.error);
    }
    // What is seen comes of the key, and not of itself.
    let says_the_default = [Key::ResponseType, Key::CodeChallengeMethod, Key::TrustedAudiences];
    for (key, _, shows) in OPENID.iter().filter(|(key, ..)| !says_the_default.contains(key)) {
        let shown = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| shows(&plain)));
        assert!(!shown.unwrap_or(false), "{key:?} is seen without being set");
    }
}

type OAuth1Row = (Key, &'static str, fn(&[Seen]) -> bool);

/// Every key that a client of OAuth 1.0 reads and the others do not. The RSA methods and the hash
/// of bodies are shown by `oauth1.rs`.
const OAUTH1: &[OAuth1Row] = &[
    (Key::RequestTokenUrl, "https://one.example/first", |seen| {
        seen[0].address() == "https://one.example/first"
    }),
    (Key::RequestTokenParams, "x=1", |seen| seen[0].body == "x=1" || seen[0].url.ends_with("?x=1")),
    (Key::SignatureMethod, "PLAINTEXT", |seen| authorization(seen).contains("\"PLAINTEXT\"")),
    (Key::SignatureType, "query", |seen| seen[0].url.contains("oauth_signature=")),
    (Key::Realm, "photos", |seen| authorization(seen).contains("realm=\"photos\"")),
];

fn authorization(seen: &[Seen]) -> &str {
    seen[0].header("authorization").unwrap_or_default()
}

#[tokio::test]
async fn each_key_of_a_client_of_oauth1_has_its_effect() {
    let asked = async |key: Option<(Key, &str)>| {
        let form = "oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=true";
        let http = Http::new(move |_| Ok(answer(200, "application/x-www-form-urlencoded", form)));
        let mut provider = Provider::new().client_id("id").client_secret("s");
        for (key, path) in [
            (Key::RequestTokenUrl, "request"),
            (Key::AuthorizeUrl, "authorize"),
            (Key::AccessTokenUrl, "access"),
        ] {
            provider = provider.set(key, format!("https://one.example/{path}"));
        }
        if let Some((key, value)) = key {
            provider = provider.set(key, value);
        }
        let app = App::new(http.clone(), |builder| builder.register("one", provider));
        app.begin(&mut Browser::new(), "one").await.unwrap();
        http.seen()
    };
    let plain = asked(None).await;
    for (key, value, shows) in OAUTH1 {
        let seen = asked(Some((*key, value))).await;
        assert!(shows(&seen), "{key:?}: {seen:?}");
        assert!(!shows(&plain), "{key:?} is seen without being set");
    }
}

#[test]
fn no_key_is_without_a_proof() {
    // By the tests of logins by OAuth 1.0, of logouts, of presets, of encryption, and below.
    let elsewhere = [
        Key::RsaKey,
        Key::DecryptionKeys,
        Key::IdTokenEncryptedResponseAlg,
        Key::ForceIncludeBody,
        Key::EndSessionEndpoint,
        Key::TeamId,
        Key::AllowedTenants,
        Key::Domain,
        Key::Tenant,
        Key::Proxy,
    ];
    let shown: BTreeSet<_> = (OPENID.iter().map(|(key, ..)| *key))
        .chain(OAUTH1.iter().map(|(key, ..)| *key))
        .chain(elsewhere)
        .collect();
    let missing: Vec<_> = Key::ALL.iter().filter(|key| !shown.contains(key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_pem(Algorithm::ES256, PRIVATE_KEY).unwrap());

#[tokio::test]
async fn a_private_key_signs_what_its_public_half_verifies_from_a_file_or_one_line() {
    let one_line = PRIVATE_KEY.replace('\n', "\\n");
    let path = std::env::temp_dir().join(format!("private-key-{}", std::process::id()));
    std::fs::write(&path, PRIVATE_KEY).unwrap();
    let keys = JwkSet::from(KEY.public_jwk().unwrap().clone());
    for variable in
        [("IDP_PRIVATE_KEY", &*one_line), ("IDP_PRIVATE_KEY_FILE", path.to_str().unwrap())]
    {
        let idp = Idp::new();
        let env = Env::from_vars([variable]);
        let provider = Idp::provider().client_secret("");
        let app = App::new(idp.http(), |builder| builder.source(env).register("idp", provider));
        app.login(&idp).await.unwrap();
        let seen = app.last_request_to("/token");
        let assertion = seen.form("client_assertion").unwrap();
        let verified = Verifier::new().allow([Algorithm::ES256]).verify(&assertion, &keys).unwrap();
        let claims = verified.claims().unwrap();
        assert_eq!((claims.iss(), claims.sub()), (Some(CLIENT), Some(CLIENT)));
        assert_eq!(claims.exp(), Some(UnixTime::from_seconds(START + 60)));
        assert!(seen.header("authorization").is_none());
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn keys_of_assertions_that_cannot_work_are_refused_and_not_shown() {
    let es256 = || openid().client_secret("").set(Key::PrivateKey, PRIVATE_KEY);
    let jwt = || openid().set(Key::TokenEndpointAuthMethod, "client_secret_jwt");
    let method = Key::TokenEndpointAuthMethod;
    let alg = Key::TokenEndpointAuthSigningAlg;
    for (provider, key) in [
        (es256().set(Key::PrivateKey, "canary"), "private_key"),
        (es256().set(Key::PrivateKey, r#"{"kty":"EC","d":"canary"}"#), "private_key"),
        (es256().set(alg, "RS256"), "private_key"),
        (es256().set(alg, "HS256"), "token_endpoint_auth_signing_alg"),
        (es256().set(alg, "none"), "token_endpoint_auth_signing_alg"),
        (es256().set(method, "none"), "private_key"),
        (openid().set(Key::PrivateKey, PRIVATE_KEY), "private_key"),
        (openid().set(Key::KeyId, "k"), "key_id"),
        (openid().set(method, "private_key_jwt"), "private_key"),
        (openid().set(alg, "ES256"), "token_endpoint_auth_signing_alg"),
        (openid().set(Key::ClientAssertionAudience, "issuer"), "client_assertion_audience"),
        (jwt().set(Key::ClientAssertionAudience, "x"), "client_assertion_audience"),
        (jwt().client_secret("short"), "client_secret"),
        (jwt().client_secret(""), "client_secret"),
        (jwt().set(alg, "HS512"), "client_secret"),
        (openid().set(Key::Jwks, "canary"), "jwks"),
        (openid().set(Key::Jwks, "{\"keys\":[]}").set(Key::JwksUri, at("/jwks")), "jwks"),
        (openid().set(Key::RequirePushedAuthorizationRequests, "yes"), "require_pushed"),
    ] {
        let built = App::try_new(Http::silent(), |builder| builder.register("idp", provider));
        let error = assert_code(built, "config", key).to_string();
        assert!(error.contains(&format!("client \"idp\": {key}")), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn keys_by_configuration_are_never_fetched() {
    let idp = Idp::new();
    let jwks = json!({"keys": [published(&idp.key())]}).to_string();
    let run = run_at(&idp, openid().set(Key::Jwks, jwks)).await;
    assert!(run.error.is_none() && !run.asked("/jwks"), "{:?}", run.error);
}

#[tokio::test]
async fn a_request_is_pushed_where_the_client_or_the_server_asks_for_it() {
    let by_key = |p: Provider| p.set(Key::RequirePushedAuthorizationRequests, "true");
    for (required, provider) in [(true, openid()), (false, by_key(openid()))] {
        let idp = Idp::new();
        idp.metadata(json!({
            "require_pushed_authorization_requests": required,
            "pushed_authorization_request_endpoint": at("/par"),
        }));
        idp.answer("/par", |_| answer(201, "application/json", r#"{"request_uri":"urn:x:1"}"#));
        let run = run_at(&idp, provider).await;
        assert!(run.error.is_none(), "{:?}", run.error);
        let expected = format!("{ISSUER}/authorize?client_id={CLIENT}&request_uri=urn%3Ax%3A1");
        assert_eq!(run.url, expected);
        let pushed = run.call(&at("/par")).unwrap();
        assert_eq!(pushed.form("client_id").as_deref(), Some(CLIENT));
        assert!(pushed.form("state").is_some() && pushed.form("code_challenge").is_some());
        assert!(pushed.header("authorization").unwrap().starts_with("Basic "));

        // One that fails sends nobody anywhere, least of all with the request in the address.
        idp.answer("/par", |_| answer(500, "text/plain", "down"));
        let run = run_at(&idp, by_key(openid())).await;
        assert!(run.failed_with("http_status_retryable") && run.url.is_empty());
    }
}

#[tokio::test]
async fn a_client_with_a_proxy_has_an_http_client_of_its_own_and_shares_it() {
    let idp = Idp::new();
    let (proxied, made) = (idp.http(), Arc::new(std::sync::Mutex::new(Vec::new())));
    let notes = made.clone();
    let provider = |proxy: &str| Idp::provider().set(Key::Proxy, proxy);
    let app = App::new(Http::silent(), |builder| {
        builder
            .http_for(move |transport| {
                notes.lock().unwrap().push(transport.proxy.as_ref().unwrap().expose().to_owned());
                Ok(Arc::new(proxied.clone()) as Arc<dyn HttpClient>)
            })
            .register("idp", provider("http://user:canary@proxy.example:3128"))
            .register("same", provider("http://user:canary@proxy.example:3128"))
            .register("other", provider("http://other.example"))
    });
    let mut urls = made.lock().unwrap().clone();
    urls.sort_unstable();
    assert_eq!(urls, ["http://other.example", "http://user:canary@proxy.example:3128"]);
    app.login(&idp).await.unwrap();
    assert!(idp.count("/token") == 1 && idp.count("/jwks") == 1);

    let built = App::try_new(Http::silent(), |builder| builder.register("idp", provider("canary")));
    let error = assert_code(built, "config", "no way to make one").to_string();
    assert!(error.contains("http_for") && !error.contains("canary"), "{error}");
}
