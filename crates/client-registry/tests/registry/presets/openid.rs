//! Presets of OpenID Connect. Beside each sample stands the page that it is from, and how old that is.

use client_registry::{Key, Registry, providers};
use oidc_core::jwk::{Algorithm, JwkSet, SigningKey};
use oidc_core::jwt;
use serde_json::{Value, json};

use super::case::{Case, Done, assert_user, sample};
use crate::common::{App, Browser, Http, START, assert_code, json_answer, published};

/// The parameters that every authorization request has here.
macro_rules! asks {
    ($front:literal, $name:literal, $scope:literal, $rest:literal) => {
        concat!(
            $front,
            "?response_type=code&client_id=id&redirect_uri=https%3A%2F%2Fapp.example%2Fauthorize%2F",
            $name,
            "&state={state}&scope=",
            $scope,
            $rest
        )
    };
}

/// PKCE and a nonce.
macro_rules! asks_with_pkce {
    ($front:literal, $name:literal, $scope:literal, $rest:literal) => {
        concat!(
            asks!($front, $name, $scope, ""),
            "&code_challenge={code_challenge}&code_challenge_method=S256",
            $rest
        )
    };
}

/// A token request, from the code on.
macro_rules! trades {
    ($name:literal, $rest:literal) => {
        concat!(
            "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fapp.example%2Fauthorize%2F",
            $name,
            $rest
        )
    };
}

fn token(more: &Value) -> Value {
    let mut token = json!({
        "access_token": "t", "token_type": "Bearer", "expires_in": 3600, "id_token": "{id_token}",
    });
    crate::common::merge(&mut token, more);
    token
}

/// The claims of `names`, as an ID token has them.
fn only(claims: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), claims[*name].clone())).collect()
}

#[tokio::test]
async fn google() {
    // https://developers.google.com/identity/openid-connect/openid-connect, last updated 2025.
    let mut claims = only(&sample!("google"), &["sub", "email", "email_verified", "hd"]);
    claims["iss"] = "https://accounts.google.com".into();
    claims["azp"] = "id".into();
    let done = Case {
        answers: vec![
            (
                "https://accounts.google.com/.well-known/openid-configuration",
                json!({
                    "issuer": "https://accounts.google.com",
                    "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
                    "device_authorization_endpoint": "https://oauth2.googleapis.com/device/code",
                    "token_endpoint": "https://oauth2.googleapis.com/token",
                    "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
                    "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
                    "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
                    "response_types_supported": ["code", "token", "id_token", "none"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "scopes_supported": ["openid", "email", "profile"],
                    "token_endpoint_auth_methods_supported":
                        ["client_secret_post", "client_secret_basic"],
                    "code_challenge_methods_supported": ["plain", "S256"],
                }),
            ),
            (
                "https://oauth2.googleapis.com/token",
                token(&json!({"scope": "openid https://www.googleapis.com/auth/userinfo.email \
                    https://www.googleapis.com/auth/userinfo.profile"})),
            ),
            ("https://openidconnect.googleapis.com/v1/userinfo", sample!("google")),
        ],
        claims,
        jwks_uri: "https://www.googleapis.com/oauth2/v3/certs",
        set: &[(Key::Userinfo, "always")],
        ..Case::of("google")
    }
    .log_in()
    .await;
    assert_eq!(
        done.requests,
        [
            asks_with_pkce!(
                "https://accounts.google.com/o/oauth2/v2/auth",
                "google",
                "openid+email+profile",
                "&nonce={nonce}"
            ),
            "GET https://accounts.google.com/.well-known/openid-configuration",
            concat!(
                "POST https://oauth2.googleapis.com/token [Basic] ",
                trades!("google", "&code_verifier={code_verifier}")
            ),
            "GET https://www.googleapis.com/oauth2/v3/certs",
            "GET https://openidconnect.googleapis.com/v1/userinfo [Bearer]",
        ]
    );
    let expected = json!({
        "sub": "10769150350006150715113082367", "name": "Jane Smith", "preferred_username": null,
        "email": "jsmith@example.com", "email_verified": true,
        "picture": "https://lh3.googleusercontent.com/a/photo=s96-c", "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("google"));
}

#[tokio::test]
async fn gitlab() {
    // https://docs.gitlab.com/integration/openid_connect_provider/, from its repository, undated: the
    // members that it names, with values of ours.
    let mut claims = only(&sample!("gitlab"), &["sub", "email", "email_verified"]);
    claims["iss"] = "https://gitlab.com".into();
    let done = Case {
        answers: vec![
            (
                "https://gitlab.com/.well-known/openid-configuration",
                json!({
                    "issuer": "https://gitlab.com",
                    "authorization_endpoint": "https://gitlab.com/oauth/authorize",
                    "token_endpoint": "https://gitlab.com/oauth/token",
                    "revocation_endpoint": "https://gitlab.com/oauth/revoke",
                    "userinfo_endpoint": "https://gitlab.com/oauth/userinfo",
                    "jwks_uri": "https://gitlab.com/oauth/discovery/keys",
                    "token_endpoint_auth_methods_supported":
                        ["client_secret_basic", "client_secret_post"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }),
            ),
            ("https://gitlab.com/oauth/token", token(&json!({"scope": "openid profile email"}))),
            ("https://gitlab.com/oauth/userinfo", sample!("gitlab")),
        ],
        claims,
        jwks_uri: "https://gitlab.com/oauth/discovery/keys",
        ..Case::of("gitlab")
    }
    .log_in()
    .await;
    assert_eq!(
        done.requests,
        [
            asks_with_pkce!(
                "https://gitlab.com/oauth/authorize",
                "gitlab",
                "openid+profile+email",
                "&nonce={nonce}"
            ),
            "GET https://gitlab.com/.well-known/openid-configuration",
            concat!(
                "POST https://gitlab.com/oauth/token [Basic] ",
                trades!("gitlab", "&code_verifier={code_verifier}")
            ),
            "GET https://gitlab.com/oauth/discovery/keys",
            "GET https://gitlab.com/oauth/userinfo [Bearer]",
        ]
    );
    let expected = json!({
        "sub": "8129", "name": "Sidney Jones", "preferred_username": "sidney",
        "email": "sidney@mail.example", "email_verified": true,
        "picture": "https://gitlab.com/uploads/-/system/user/avatar/8129/avatar.png", "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("gitlab"));
    assert_eq!(done.user.identity(), Some(("https://gitlab.com", "8129")));
}

const TENANT: &str = "9122040d-6c67-4c5b-b112-36a304b66dad";

/// A login at Microsoft by a user of [`TENANT`], the metadata and the issuer as given.
async fn microsoft_login(
    set: &'static [(Key, &'static str)],
    metadata: &'static str,
    issuer: &str,
) -> Done {
    // https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference and
    // https://learn.microsoft.com/en-us/entra/identity-platform/userinfo, undated.
    let claims = json!({
        "ver": "2.0", "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        "sub": sample!("microsoft")["sub"], "name": "Mikah Ollenburg",
        "preferred_username": "mikoll@contoso.com", "oid": "00000000-0000-0000-66f3-3332eca7ea81",
        "tid": TENANT,
    });
    Case {
        set,
        answers: vec![
            (
                metadata,
                json!({
                    "issuer": issuer,
                    "authorization_endpoint":
                        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
                    "token_endpoint": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
                    "token_endpoint_auth_methods_supported":
                        ["client_secret_post", "private_key_jwt", "client_secret_basic"],
                    "jwks_uri": "https://login.microsoftonline.com/common/discovery/v2.0/keys",
                    "response_modes_supported": ["query", "fragment", "form_post"],
                    "subject_types_supported": ["pairwise"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
                    "end_session_endpoint":
                        "https://login.microsoftonline.com/common/oauth2/v2.0/logout",
                }),
            ),
            (
                "https://login.microsoftonline.com/common/oauth2/v2.0/token",
                token(&json!({"scope": "openid profile email", "ext_expires_in": 3600})),
            ),
            ("https://graph.microsoft.com/oidc/userinfo", sample!("microsoft")),
        ],
        claims,
        jwks_uri: "https://login.microsoftonline.com/common/discovery/v2.0/keys",
        ..Case::of("microsoft")
    }
    .log_in()
    .await
}

const EVERYONE: &str =
    "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration";
const TEMPLATE: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";

#[tokio::test]
async fn microsoft_of_many_tenants() {
    let done = microsoft_login(&[], EVERYONE, TEMPLATE).await;
    assert_eq!(
        done.requests,
        [
            asks_with_pkce!(
                "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
                "microsoft",
                "openid+profile+email",
                "&nonce={nonce}"
            ),
            "GET https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
            concat!(
                "POST https://login.microsoftonline.com/common/oauth2/v2.0/token [Basic] ",
                trades!("microsoft", "&code_verifier={code_verifier}")
            ),
            "GET https://login.microsoftonline.com/common/discovery/v2.0/keys",
            "GET https://graph.microsoft.com/oidc/userinfo [Bearer]",
        ]
    );
    let expected = json!({
        "sub": "OLu859SGc2Sr9ZsqbkG-QbeLgJlb41KcdiPoLYNpSFA", "name": "Mikah Ollenburg",
        "preferred_username": "mikoll@contoso.com", "email": "mikoll@contoso.com",
        "email_verified": false, "picture": "https://graph.microsoft.com/v1.0/me/photo/$value",
        "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("microsoft"));
    let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    assert_eq!(done.user.iss(), Some(&*issuer), "the user's own tenant, not the template");

    let allowed: &[(Key, &str)] = &[(Key::AllowedTenants, TENANT)];
    microsoft_login(allowed, EVERYONE, TEMPLATE).await;
}

#[tokio::test]
async fn microsoft_of_one_tenant() {
    let metadata = "https://login.microsoftonline.com/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0/\
        .well-known/openid-configuration";
    let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    let done = microsoft_login(&[(Key::Tenant, TENANT)], metadata, &issuer).await;
    assert_eq!(done.requests[1], format!("GET {metadata}"));
    assert_eq!(done.user.iss(), Some(&*issuer));
}

#[tokio::test]
async fn another_tenant_than_the_one_that_is_meant_is_refused() {
    let key = SigningKey::generate(Algorithm::RS256).unwrap();
    let everyone = providers::microsoft;
    let here = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    let table = [
        (everyone(), TEMPLATE, TENANT, here.as_str(), None),
        (everyone(), TEMPLATE, "another", here.as_str(), Some("iss_mismatch")),
        (everyone(), TEMPLATE, TENANT, TEMPLATE, Some("iss_mismatch")),
        (everyone(), here.as_str(), TENANT, here.as_str(), Some("iss_mismatch")),
        (
            everyone().set(Key::AllowedTenants, "another one-more"),
            TEMPLATE,
            TENANT,
            here.as_str(),
            Some("iss_mismatch"),
        ),
    ];
    for (provider, metadata, tid, iss, refused) in table {
        let (signing, issuer) = (key.clone(), metadata.to_owned());
        let claims = json!({
            "iss": iss, "tid": tid, "sub": "u", "aud": "id", "iat": START, "exp": START + 600,
        });
        let http = Http::new(move |seen| {
            Ok(match seen.url.rsplit('/').next().unwrap() {
                "openid-configuration" => json_answer(json!({
                    "issuer": issuer, "authorization_endpoint": "https://l.example/a",
                    "token_endpoint": "https://l.example/token", "jwks_uri": "https://l.example/keys",
                })),
                "keys" => json_answer(json!({ "keys": [published(&signing)] })),
                _ => {
                    let raw = signing.sign(None, &[], claims.to_string().as_bytes()).unwrap();
                    json_answer(json!({
                        "access_token": "t", "token_type": "Bearer", "id_token": raw,
                    }))
                }
            })
        });
        let provider = provider.client_id("id").client_secret("s").set(Key::Quirks, "no_nonce");
        let app = App::new(http, |b| b.register("microsoft", provider));
        let mut browser = Browser::new();
        let what = format!("{metadata} {tid} {iss}");
        let login = async {
            let url = app.begin(&mut browser, "microsoft").await?;
            let state = crate::common::param(&url, "state");
            let callback = client_registry::Callback::query(&format!("code=c&state={state}"));
            app.finish(&mut browser, "microsoft", callback).await
        };
        match (login.await, refused) {
            (Ok(_), None) => {}
            (outcome, refused) => {
                drop(assert_code(outcome, refused.unwrap_or("no error"), &what));
            }
        }
    }
}

#[tokio::test]
async fn linkedin() {
    // https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2,
    // undated.
    let mut claims = sample!("linkedin");
    claims["iss"] = "https://www.linkedin.com/oauth".into();
    let done = Case {
        answers: vec![
            (
                "https://www.linkedin.com/oauth/.well-known/openid-configuration",
                json!({
                    "issuer": "https://www.linkedin.com/oauth",
                    "authorization_endpoint": "https://www.linkedin.com/oauth/v2/authorization",
                    "token_endpoint": "https://www.linkedin.com/oauth/v2/accessToken",
                    "userinfo_endpoint": "https://api.linkedin.com/v2/userinfo",
                    "jwks_uri": "https://www.linkedin.com/oauth/openid/jwks",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["pairwise"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }),
            ),
            (
                "https://www.linkedin.com/oauth/v2/accessToken",
                token(&json!({"token_type": null, "scope": "email,openid,profile"})),
            ),
        ],
        claims,
        jwks_uri: "https://www.linkedin.com/oauth/openid/jwks",
        ..Case::of("linkedin")
    }
    .log_in()
    .await;
    assert_eq!(
        done.requests,
        [
            asks!(
                "https://www.linkedin.com/oauth/v2/authorization",
                "linkedin",
                "openid+profile+email",
                ""
            ),
            "GET https://www.linkedin.com/oauth/.well-known/openid-configuration",
            concat!(
                "POST https://www.linkedin.com/oauth/v2/accessToken ",
                trades!("linkedin", "&client_id=id&client_secret=s3cret")
            ),
            "GET https://www.linkedin.com/oauth/openid/jwks",
        ]
    );
    assert_eq!(done.login.scope(), Some("email openid profile"));
    let expected = json!({
        "sub": "782bbtaQ", "name": "John Doe", "preferred_username": null,
        "email": "doe@email.com", "email_verified": true,
        "picture": "https://media.licdn-ei.com/dms/image/C5F03AQHqK8v7tB1HCQ/\
            profile-displayphoto-shrink_100_100/0/",
        "locale": "en-US",
    });
    assert_user(&done.user, &expected, &sample!("linkedin"));
}

#[tokio::test]
async fn slack() {
    // https://docs.slack.dev/reference/methods/openid.connect.userInfo/ and
    // https://docs.slack.dev/authentication/sign-in-with-slack, undated.
    let done = Case {
        set: &[(Key::Userinfo, "always")],
        answers: vec![
            (
                "https://slack.com/.well-known/openid-configuration",
                json!({
                    "issuer": "https://slack.com",
                    "authorization_endpoint": "https://slack.com/openid/connect/authorize",
                    "token_endpoint": "https://slack.com/api/openid.connect.token",
                    "userinfo_endpoint": "https://slack.com/api/openid.connect.userInfo",
                    "jwks_uri": "https://slack.com/openid/connect/keys",
                    "scopes_supported": ["openid", "profile", "email"],
                    "response_types_supported": ["code"],
                    "response_modes_supported": ["form_post"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "claims_parameter_supported": false,
                    "token_endpoint_auth_methods_supported":
                        ["client_secret_post", "client_secret_basic"],
                }),
            ),
            ("https://slack.com/api/openid.connect.token", token(&json!({"ok": true}))),
            ("https://slack.com/api/openid.connect.userInfo", sample!("slack")),
        ],
        claims: json!({"iss": "https://slack.com", "sub": "U0R7JM"}),
        jwks_uri: "https://slack.com/openid/connect/keys",
        ..Case::of("slack")
    }
    .log_in()
    .await;
    assert_eq!(
        done.requests,
        [
            asks!(
                "https://slack.com/openid/connect/authorize",
                "slack",
                "openid+profile+email",
                "&nonce={nonce}"
            ),
            "GET https://slack.com/.well-known/openid-configuration",
            concat!(
                "POST https://slack.com/api/openid.connect.token ",
                trades!("slack", "&client_id=id&client_secret=s3cret")
            ),
            "GET https://slack.com/openid/connect/keys",
            "GET https://slack.com/api/openid.connect.userInfo [Bearer]",
        ]
    );
    let expected = json!({
        "sub": "U0R7JM", "name": "krane", "preferred_username": null,
        "email": "krane@slack-corp.com", "email_verified": true,
        "picture": "https://secure.gravatar.com/....png", "locale": "en-US",
    });
    assert_user(&done.user, &expected, &sample!("slack"));
}

#[tokio::test]
async fn twitch() {
    // https://dev.twitch.tv/docs/authentication/getting-tokens-oidc/, undated: the claims that it
    // names, with values of ours.
    let mut claims = sample!("twitch");
    claims["iss"] = "https://id.twitch.tv/oauth2".into();
    claims["azp"] = "id".into();
    let done = Case {
        answers: vec![
            (
                "https://id.twitch.tv/oauth2/.well-known/openid-configuration",
                json!({
                    "authorization_endpoint": "https://id.twitch.tv/oauth2/authorize",
                    "claims_parameter_supported": true,
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "issuer": "https://id.twitch.tv/oauth2",
                    "jwks_uri": "https://id.twitch.tv/oauth2/keys",
                    "response_types_supported":
                        ["id_token", "code", "token", "code id_token", "token id_token"],
                    "scopes_supported": ["openid"],
                    "subject_types_supported": ["public"],
                    "token_endpoint": "https://id.twitch.tv/oauth2/token",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                    "userinfo_endpoint": "https://id.twitch.tv/oauth2/userinfo",
                }),
            ),
            (
                "https://id.twitch.tv/oauth2/token",
                token(&json!({"token_type": "bearer", "scope": ["openid", "user:read:email"]})),
            ),
            ("https://api.twitch.tv/helix/users", json!({"data": []})),
        ],
        claims,
        jwks_uri: "https://id.twitch.tv/oauth2/keys",
        ..Case::of("twitch")
    }
    .log_in()
    .await;
    assert_eq!(
        done.requests,
        [
            asks_with_pkce!(
                "https://id.twitch.tv/oauth2/authorize",
                "twitch",
                "openid+user%3Aread%3Aemail",
                "&nonce={nonce}&claims=%7B%22id_token%22%3A%7B%22email%22%3Anull%2C\
                 %22email_verified%22%3Anull%2C%22picture%22%3Anull%2C\
                 %22preferred_username%22%3Anull%7D%7D"
            ),
            "GET https://id.twitch.tv/oauth2/.well-known/openid-configuration",
            concat!(
                "POST https://id.twitch.tv/oauth2/token ",
                trades!(
                    "twitch",
                    "&code_verifier={code_verifier}&client_id=id&client_secret=s3cret"
                )
            ),
            "GET https://id.twitch.tv/oauth2/keys",
        ]
    );
    let expected = json!({
        "sub": "713936733", "name": null, "preferred_username": "AStreamer",
        "email": "streamer@mail.example", "email_verified": true,
        "picture": "https://static-cdn.jtvnw.net/jtv_user_pictures/a-profile_image-300x300.png",
        "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("twitch"));

    // https://dev.twitch.tv/docs/api/reference/#get-users: the API wants the client named as well.
    let client = done.app.registry.client("twitch").unwrap();
    client.get("users").token(done.login.token()).await.unwrap();
    assert_eq!(done.app.last_request().header("client-id"), Some("id"));
}

const APPLE: &str = "https://appleid.apple.com/.well-known/openid-configuration";

fn apple_metadata() -> Value {
    json!({
        "issuer": "https://appleid.apple.com",
        "authorization_endpoint": "https://appleid.apple.com/auth/authorize",
        "token_endpoint": "https://appleid.apple.com/auth/token",
        "revocation_endpoint": "https://appleid.apple.com/auth/revoke",
        "jwks_uri": "https://appleid.apple.com/auth/keys",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "name"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    })
}

/// A key of a team of Apple's, as its `.p8` file has it; made for these tests.
const P8: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgo4yRijozoqHbLKUK
AczMpjZsLVbEgwS9AOsU4wWHlTyhRANCAAQQhi3w4eSPy8/306gfNStOHVMMIBsD
Eb7AgksPt9GEIxawfpXOaKuZkDYNYVNAa9KsfQr9TENu9crl69OluquI
-----END PRIVATE KEY-----
";

/// Whether the text is a client secret of Apple's, and until when.
fn secret_of(form: &str) -> u64 {
    let raw = crate::common::param(&format!("https://x.example/?{form}"), "client_secret");
    let key = SigningKey::from_pem(Algorithm::ES256, P8).unwrap().with_kid("ABC123DEFG");
    let keys = JwkSet::from(key.verification_key().clone());
    let verified = oidc_core::jwk::Verifier::new().allow([Algorithm::ES256]);
    let verified = verified.verify(&raw, &keys).unwrap();
    assert_eq!(verified.header().kid(), Some("ABC123DEFG"));
    let claims: jwt::Claims = verified.claims().unwrap();
    assert_eq!((claims.iss(), claims.sub()), (Some("DEF123GHIJ"), Some("com.example.app")));
    assert_eq!(claims.aud(), ["https://appleid.apple.com"]);
    let (issued, expires) = (claims.iat().unwrap(), claims.exp().unwrap());
    assert!(expires.seconds() - issued.seconds() <= 15_777_000, "Apple's limit");
    expires.seconds()
}

#[tokio::test]
async fn apple() {
    // https://developer.apple.com/documentation/signinwithapplerestapi/authenticating-users-with-sign-in-with-apple
    // and https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret,
    // undated: the claims that they name, with values of ours.
    let mut claims = sample!("apple");
    claims["iss"] = "https://appleid.apple.com".into();
    let user = "&user=%7B%22name%22%3A%7B%22firstName%22%3A%22Ada%22%2C%22lastName%22%3A%22Byron\
        %22%7D%2C%22email%22%3A%22ada%40mail.example%22%7D";
    let credentials = [
        ("CLIENT_ID", "id"),
        ("TEAM_ID", "DEF123GHIJ"),
        ("KEY_ID", "ABC123DEFG"),
        ("PRIVATE_KEY", P8),
    ];
    let done = Case {
        answers: vec![
            (APPLE, apple_metadata()),
            ("https://appleid.apple.com/auth/token", token(&json!({"refresh_token": "r"}))),
        ],
        claims,
        jwks_uri: "https://appleid.apple.com/auth/keys",
        ..Case::of("apple")
    }
    .log_in_with(&credentials, user)
    .await;
    assert_eq!(
        done.requests,
        [
            asks_with_pkce!(
                "https://appleid.apple.com/auth/authorize",
                "apple",
                "openid+name+email",
                "&response_mode=form_post&nonce={nonce}"
            ),
            "GET https://appleid.apple.com/.well-known/openid-configuration",
            concat!(
                "POST https://appleid.apple.com/auth/token ",
                trades!(
                    "apple",
                    "&code_verifier={code_verifier}&client_id=id&client_secret={client_secret}"
                )
            ),
            "GET https://appleid.apple.com/auth/keys",
        ]
    );
    let expected = json!({
        "sub": "001999.4bb1e3f0a2d94a30a7c53f3d9a1b2c3d.1234", "name": null,
        "preferred_username": null, "email": "dpdcnf87nu@privaterelay.appleid.com",
        "email_verified": true, "picture": null, "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("apple"));
    let once = r#"{"name":{"firstName":"Ada","lastName":"Byron"},"email":"ada@mail.example"}"#;
    assert_eq!(done.login.unverified_extra(), [("user".to_owned(), once.to_owned())]);
}

#[tokio::test]
async fn apples_client_secret_is_made_of_the_key_and_anew_before_it_expires() {
    let http = Http::new(|seen| {
        Ok(match &*seen.url {
            APPLE => json_answer(apple_metadata()),
            _ => json_answer(json!({"access_token": "t", "token_type": "bearer", "expires_in": 1})),
        })
    });
    for key in [P8.to_owned(), P8.replace('\n', "\\n")] {
        let provider = providers::apple()
            .client_id("com.example.app")
            .set(Key::TeamId, "DEF123GHIJ")
            .set(Key::KeyId, "ABC123DEFG")
            .set(Key::PrivateKey, key);
        let app = App::new(http.clone(), |b| b.register("apple", provider));
        let client = app.registry.client("apple").unwrap();
        let mut bodies = Vec::new();
        for _ in 0..4 {
            client.fetch_service_token().await.unwrap();
            bodies.push(http.last().body);
            app.wait(1500);
        }
        let expires: Vec<_> = bodies.iter().map(|body| secret_of(body)).collect();
        assert_eq!(expires, [START + 3600, START + 3600, START + 6600, START + 6600]);
        assert_eq!(bodies[0], bodies[1], "it is used while it is good");
    }
}

#[test]
fn apple_is_refused_without_what_its_secret_is_made_of() {
    let whole = || {
        providers::apple()
            .client_id("id")
            .set(Key::TeamId, "T")
            .set(Key::KeyId, "K")
            .set(Key::PrivateKey, P8)
    };
    let build =
        |provider| Registry::builder().register("apple", provider).http(Http::silent()).build();
    assert!(build(whole()).is_ok());
    let made_elsewhere = providers::apple().client_id("id").client_secret("a.b.c");
    assert!(build(made_elsewhere).is_ok());
    let rsa = SigningKey::generate(Algorithm::RS256).unwrap();
    for (provider, told) in [
        (providers::apple().client_id("id"), "team_id"),
        (whole().set(Key::TeamId, ""), "team_id"),
        (whole().set(Key::KeyId, ""), "key_id"),
        (whole().set(Key::PrivateKey, ""), "private_key"),
        (whole().set(Key::PrivateKey, "canary"), "private_key"),
        (whole().set(Key::PrivateKey, P8.replace("MIGH", "canary")), "private_key"),
        (whole().set(Key::PrivateKey, published(&rsa).to_string()), "private_key"),
        (whole().client_secret("canary"), "either"),
    ] {
        let error = assert_code(build(provider), "config", told).to_string();
        assert!(error.contains("client \"apple\"") && error.contains(told), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
}

/// A login at a provider that has a domain for each customer.
async fn at_a_domain(
    preset: &'static str,
    set: &'static [(Key, &'static str)],
    issuer: &'static str,
    profile: Value,
) -> Done {
    // The addresses that the answers name are ours: only the issuer's own matter here.
    let base: &'static str = issuer.trim_end_matches('/');
    let leak = |path: &str| -> &'static str { format!("{base}{path}").leak() };
    let (metadata, keys) = (leak("/.well-known/openid-configuration"), leak("/keys"));
    Case {
        set,
        answers: vec![
            (
                metadata,
                json!({
                    "issuer": issuer,
                    "authorization_endpoint": leak("/authorize"),
                    "token_endpoint": leak("/token"),
                    "userinfo_endpoint": leak("/userinfo"),
                    "jwks_uri": keys,
                    "token_endpoint_auth_methods_supported":
                        ["client_secret_basic", "client_secret_post"],
                    "code_challenge_methods_supported": ["S256"],
                }),
            ),
            (leak("/token"), token(&json!({"scope": "openid profile email"}))),
            (leak("/userinfo"), profile.clone()),
        ],
        claims: json!({"iss": issuer, "sub": profile["sub"]}),
        jwks_uri: keys,
        ..Case::of(preset)
    }
    .log_in()
    .await
}

#[tokio::test]
async fn okta() {
    // https://developer.okta.com/docs/reference/api/oidc/#userinfo, undated.
    let done = at_a_domain(
        "okta",
        &[(Key::Domain, "dev-1.okta.com/oauth2/default")],
        "https://dev-1.okta.com/oauth2/default",
        sample!("okta"),
    )
    .await;
    assert_eq!(
        done.requests,
        [
            asks_with_pkce!(
                "https://dev-1.okta.com/oauth2/default/authorize",
                "okta",
                "openid+profile+email",
                "&nonce={nonce}"
            ),
            "GET https://dev-1.okta.com/oauth2/default/.well-known/openid-configuration",
            concat!(
                "POST https://dev-1.okta.com/oauth2/default/token [Basic] ",
                trades!("okta", "&code_verifier={code_verifier}")
            ),
            "GET https://dev-1.okta.com/oauth2/default/keys",
            "GET https://dev-1.okta.com/oauth2/default/userinfo [Bearer]",
        ]
    );
    let expected = json!({
        "sub": "00uid4BxXw6I6TV4m0g3", "name": "John Doe", "preferred_username": null,
        "email": "john.doe@example.com", "email_verified": true, "picture": null,
        "locale": "en-US",
    });
    assert_user(&done.user, &expected, &sample!("okta"));
    assert_eq!(done.user.updated_at().unwrap().seconds(), 1_311_280_970);
}

#[tokio::test]
async fn auth0() {
    // https://auth0.com/docs/api/authentication/user-profile/get-user-info, undated.
    let set: &[(Key, &str)] = &[(Key::Domain, "tenant.eu.auth0.com")];
    let done = at_a_domain("auth0", set, "https://tenant.eu.auth0.com/", sample!("auth0")).await;
    assert_eq!(
        done.requests,
        [
            asks_with_pkce!(
                "https://tenant.eu.auth0.com/authorize",
                "auth0",
                "openid+profile+email",
                "&nonce={nonce}"
            ),
            "GET https://tenant.eu.auth0.com/.well-known/openid-configuration",
            concat!(
                "POST https://tenant.eu.auth0.com/token [Basic] ",
                trades!("auth0", "&code_verifier={code_verifier}")
            ),
            "GET https://tenant.eu.auth0.com/keys",
            "GET https://tenant.eu.auth0.com/userinfo [Bearer]",
        ]
    );
    let expected = json!({
        "sub": "248289761001", "name": "Jane Josephine Doe", "preferred_username": "j.doe",
        "email": "janedoe@exampleco.com", "email_verified": true,
        "picture": "http://exampleco.com/janedoe/me.jpg", "locale": "en-US",
    });
    assert_user(&done.user, &expected, &sample!("auth0"));
    assert_eq!(done.user.iss(), Some("https://tenant.eu.auth0.com/"), "the slash is the issuer's");
}

#[tokio::test]
async fn keycloak() {
    // https://www.keycloak.org/docs/latest/server_admin/#_client_scopes_protocol, undated: the claims
    // of its scopes profile and email, with values of ours.
    let set: &[(Key, &str)] =
        &[(Key::Domain, "http://localhost:8080/auth/"), (Key::Realm, "my realm")];
    let issuer = "http://localhost:8080/auth/realms/my%20realm";
    let done = at_a_domain("keycloak", set, issuer, sample!("keycloak")).await;
    assert_eq!(
        done.requests,
        [
            asks_with_pkce!(
                "http://localhost:8080/auth/realms/my%20realm/authorize",
                "keycloak",
                "openid+profile+email",
                "&nonce={nonce}"
            ),
            "GET http://localhost:8080/auth/realms/my%20realm/.well-known/openid-configuration",
            concat!(
                "POST http://localhost:8080/auth/realms/my%20realm/token [Basic] ",
                trades!("keycloak", "&code_verifier={code_verifier}")
            ),
            "GET http://localhost:8080/auth/realms/my%20realm/keys",
            "GET http://localhost:8080/auth/realms/my%20realm/userinfo [Bearer]",
        ]
    );
    let expected = json!({
        "sub": "248289761001-a17c-4c2c-8c0e-2f7b1a9d5a11", "name": "Alice Liddell",
        "preferred_username": "alice", "email": "alice@mail.example", "email_verified": false,
        "picture": null, "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("keycloak"));
}
