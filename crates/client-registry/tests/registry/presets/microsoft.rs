//! Microsoft: users of many tenants, of one, of some.

use client_registry::{Callback, Key, providers};
use oidc_core::jwk::{Algorithm, SigningKey};
use serde_json::json;

use super::case::{Case, Done, asks_with_pkce, assert_user, sample, token, trades};
use crate::common::{App, Browser, Http, START, assert_code, json_answer, param, published};

const TENANT: &str = "9122040d-6c67-4c5b-b112-36a304b66dad";

/// A login at Microsoft by a user of [`TENANT`], the metadata and the issuer as given.
async fn microsoft_login(
    set: &'static [(Key, &'static str)],
    metadata: &'static str,
    issuer: &str,
) -> Done {
    // https://learn.microsoft.com/en-us/entra/identity-platform/userinfo of 2023-12-19 (`ms.date`), from
    // MicrosoftDocs/entra-docs at commit 290f92e; the other claims of the ID token are of our making.
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
            let state = param(&url, "state");
            let callback = Callback::query(&format!("code=c&state={state}"));
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
