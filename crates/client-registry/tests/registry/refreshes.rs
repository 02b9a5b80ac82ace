//! Refreshes of an OpenID Connect client: what the new ID token must be like.

use client_registry::{Callback, Client, Error, Token};
use serde_json::{Value, json};

use crate::common::{App, Browser, CLIENT, ISSUER, Idp, START, answer, json_answer, merge};

/// Somebody who has logged in, whose token has expired since.
struct Expired {
    app: App,
    idp: Idp,
    client: Client,
    first: Token,
}

impl Expired {
    async fn new() -> Self {
        let idp = Idp::new();
        let app = App::of(&idp, Idp::provider());
        idp.claims(json!({"auth_time": START - 5}));
        idp.token(json!({"refresh_token": "r0"}));
        let login = app.login(&idp).await.unwrap();
        login.save_for("alice").await.unwrap();
        app.wait(3600);
        let client = app.registry.client("idp").unwrap();
        Expired { app, idp, client, first: login.into_token() }
    }

    /// Refreshes with an ID token of these claims, signed by `key`.
    fn refreshes_with(&self, changes: Value, key: oidc_core::jwk::SigningKey) {
        let mut claims = json!({
            "iss": ISSUER, "sub": "u1", "aud": CLIENT, "exp": START + 100_000, "iat": START + 3600,
            "auth_time": START - 5,
        });
        merge(&mut claims, &changes);
        self.idp.answer("/token", move |seen| {
            assert_eq!(seen.form("grant_type").as_deref(), Some("refresh_token"));
            json_answer(json!({
                "access_token": "refreshed", "token_type": "Bearer", "refresh_token": "r1",
                "id_token": key.sign(None, &[], claims.to_string().as_bytes()).unwrap(),
            }))
        });
    }

    async fn refresh(&self) -> Result<Token, Error> {
        self.client.fetch_token("alice").await
    }
}

fn id_token(token: &Token) -> &str {
    token.id_token().unwrap().expose()
}

#[tokio::test]
async fn a_refreshed_id_token_that_holds_takes_the_place_of_the_old_one() {
    let user = Expired::new().await;
    user.refreshes_with(json!({}), user.idp.key());
    let token = user.refresh().await.unwrap();
    assert!(token.access_token().ct_eq("refreshed") && id_token(&token) != id_token(&user.first));
}

#[tokio::test]
async fn refusal_c12_a_refreshed_id_token_about_somebody_else_needs_a_login() {
    for changes in [
        json!({"iss": "https://other.example"}),
        json!({"sub": "u2"}),
        json!({"aud": "client-2"}),
        json!({"aud": [CLIENT, "client-2"]}),
        json!({"sub": null}),
    ] {
        let user = Expired::new().await;
        user.refreshes_with(changes.clone(), user.idp.key());
        let error = user.refresh().await.unwrap_err();
        assert!(error.needs_login(), "{changes}: {error}");
        // Nothing was handed out, and what is kept is what was kept.
        let asked = user.idp.count("/token");
        user.refreshes_with(json!({}), user.idp.key());
        let token = user.refresh().await.unwrap();
        assert!(token.refresh_token().unwrap().ct_eq("r1"), "{changes}");
        assert_eq!(user.idp.count("/token"), asked + 1, "{changes}");
    }
}

#[tokio::test]
async fn refusal_c12_a_changed_auth_time_or_keys_out_of_reach_keep_the_old_id_token() {
    type Change = fn(&Expired);
    let table: [(&str, Change); 3] = [
        ("auth_time_mismatch", |user| {
            user.refreshes_with(json!({"auth_time": START + 3000}), user.idp.key());
        }),
        ("http_status_retryable", |user| {
            user.idp.rotate("k2");
            user.idp.answer("/jwks", |_| answer(503, "text/html", "<h1>down</h1>"));
            user.refreshes_with(json!({}), user.idp.key());
        }),
        ("no_matching_key", |user| {
            let unpublished = Idp::new().key().with_kid("k9");
            user.refreshes_with(json!({}), unpublished);
        }),
    ];
    for (code, change) in table {
        let user = Expired::new().await;
        let mut updates = user.app.registry.token_updates();
        change(&user);
        let token = user.refresh().await.unwrap();
        assert!(token.access_token().ct_eq("refreshed"), "{code}: the tokens are saved");
        assert!(token.refresh_token().unwrap().ct_eq("r1"), "{code}");
        assert_eq!(id_token(&token), id_token(&user.first), "{code}: the old one stays");
        let update = updates.next().await.unwrap();
        assert_eq!(update.id_token_left_aside.as_deref(), Some(code), "and the event says so");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusal_d11_a_hundred_logins_and_refreshes_at_once_cross_no_tokens() {
    let idp = Idp::new();
    let app = App::of(&idp, Idp::provider());
    // Each refresh answers with a token that names the refresh token it was got by.
    let tasks: Vec<_> = (0..100)
        .map(|number| {
            let (app, idp) = (app.clone(), idp.clone());
            tokio::spawn(async move {
                let (user, mut browser) = (format!("user-{number}"), Browser::new());
                let url = app.begin(&mut browser, "idp").await.unwrap();
                let query = idp.approve(&url);
                let code = query.split(['=', '&']).nth(1).unwrap().to_owned();
                let back = Callback::query(&query);
                let login = app.finish(&mut browser, "idp", back).await.unwrap();
                assert!(login.access_token().ct_eq(&format!("access-{code}")), "{user}");
                let mut kept: Value =
                    serde_json::from_str(&login.token().to_exposed_json()).unwrap();
                kept["refresh_token"] = json!(format!("refresh-of-{user}"));
                kept["expires_at"] = json!(START - 1);
                let kept = Token::from_exposed_json(&kept.to_string()).unwrap();
                app.registry.client("idp").unwrap().save_token(&user, &kept).await.unwrap();
                user
            })
        })
        .collect();
    let mut users = Vec::new();
    for task in tasks {
        users.push(task.await.unwrap());
    }
    idp.answer("/token", |seen| {
        let refresh_token = seen.form("refresh_token").unwrap();
        json_answer(json!({
            "access_token": format!("by-{refresh_token}"), "token_type": "Bearer",
            "expires_in": 3600,
        }))
    });
    let calls: Vec<_> = users
        .iter()
        .cycle()
        .take(400)
        .cloned()
        .map(|user| {
            let client = app.registry.client("idp").unwrap();
            tokio::spawn(async move {
                let token = client.fetch_token(&user).await.unwrap();
                assert!(token.access_token().ct_eq(&format!("by-refresh-of-{user}")), "{user}");
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(idp.count("/token"), 200, "one for each login, one for each refresh");
}
