//! Presets of OpenID Connect. Beside each sample stands the page that it is from, and how old the copy
//! that was read is; or that it is of our making, and after what.

use client_registry::Key;
use serde_json::{Value, json};

use super::case::{Case, Done, asks, asks_with_pkce, assert_user, only, sample, token, trades};

#[tokio::test]
async fn google() {
    // No copy of a page with a UserInfo answer was found: the sample is of our making. `sub`, `email`
    // and `hd` are those of the ID token of https://developers.google.com/identity/protocols/OpenIDConnect
    // as https://qiita.com/masaha03/items/927abc3c6b93911fb703 quoted it on 2018-09-28, the rest are
    // members that google-auth-library 9.0.0 names (its TokenPayload), with values of ours.
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
    // https://docs.gitlab.com/integration/openid_connect_provider/, an undated copy, and its source at
    // commit 0653e08 of gitlabhq/gitlabhq: the members that they name, with values of ours.
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

async fn linkedin_login(claims: Value) -> Done {
    Case {
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
    .await
}

#[tokio::test]
async fn linkedin() {
    // https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2,
    // an undated copy, in part; its sample as social-core's test of LinkedIn quotes it.
    let mut claims = sample!("linkedin");
    claims["iss"] = "https://www.linkedin.com/oauth".into();
    let done = linkedin_login(claims).await;
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
async fn linkedins_locale_may_be_an_object() {
    // https://docs.pingidentity.com/integrations/linkedin/setup/pf_linkedin_cic_json_pointer_syntax_reference.html,
    // an undated copy, shows such an answer.
    let locale = json!({"country": "US", "language": "en"});
    let mut claims = sample!("linkedin");
    claims["iss"] = "https://www.linkedin.com/oauth".into();
    claims["locale"] = locale.clone();
    let done = linkedin_login(claims).await;
    assert_eq!((done.user.locale(), &done.user.raw()["locale"]), (None, &locale));
    assert_eq!((done.user.sub(), done.user.name()), ("782bbtaQ", Some("John Doe")));
}

#[tokio::test]
async fn slack() {
    // https://api.slack.com/methods/openid.connect.userInfo/test, an undated copy, without the images.
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
    // https://dev.twitch.tv/docs/authentication/getting-tokens-oidc/, an undated copy: the claims that
    // it names, with values of ours.
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
    // https://developer.okta.com/docs/reference/api/oidc/#userinfo, from okta/okta-developer-docs at
    // commit 424da68, an undated copy.
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
    // https://auth0.com/docs/api/authentication#get-user-info, from auth0/docs,
    // articles/api/authentication/_userinfo.md at commit 90c1c19, an undated copy.
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
    // https://www.keycloak.org/docs/latest/server_admin/#_client_scopes_protocol, from
    // keycloak/keycloak at commit 3924b41, an undated copy. It shows no answer: the sample is of our
    // making, with claims that OpenID Connect gives to the scopes profile and email, to which the page
    // refers.
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
