//! How the layer, the extractors and the answers sit in an axum application.

mod common;

use axum::Router;
use axum::body::Body;
use axum::extract::Request as AxumRequest;
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Request, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use common::{App, Browser, CLIENTS, Delivery, HTTPS, LOOPBACK};
use common::{at_provider, builder, provider, router, routes};
use integration_axum::{Callback, Error, OAuth, OAuthLayer, Redirect, Seal, client_registry};

#[tokio::test]
async fn cookies_follow_the_public_url_and_the_response_mode() {
    for (public_url, client, prefix, attributes) in [
        (HTTPS, "oauth1", "__Host-oauth-login-", "; Secure; SameSite=Lax"),
        (HTTPS, "oauth2", "__Host-oauth-login-", "; Secure; SameSite=Lax"),
        (HTTPS, "openid", "__Host-oauth-login-", "; Secure; SameSite=Lax"),
        (HTTPS, "posted", "__Host-oauth-login-", "; Secure; SameSite=None"),
        (LOOPBACK, "oauth1", "oauth-login-", "; SameSite=Lax"),
        (LOOPBACK, "oauth2", "oauth-login-", "; SameSite=Lax"),
        (LOOPBACK, "openid", "oauth-login-", "; SameSite=Lax"),
        (LOOPBACK, "posted", "oauth-login-", "; SameSite=Lax"),
    ] {
        let app = App::at(public_url).await;
        let mut browser = Browser::default();
        let answer = browser.get(&app, &format!("/login/{client}")).await;
        let [line] = &answer.set_cookies()[..] else { panic!("one cookie: {answer:?}") };
        assert!(line.starts_with(prefix), "{line}");
        let (_, got) = line.split_once("; ").unwrap();
        assert_eq!(got, format!("Path=/; Max-Age=3600; HttpOnly{attributes}"), "{client}");

        let delivery = app.at_provider(answer.headers[LOCATION].to_str().unwrap()).await;
        assert_eq!(delivery.by_post, client == "posted");
        browser.completes(&app, &delivery).await;
        assert!(browser.cookies.is_empty(), "{public_url} {client}");
    }
}

#[tokio::test]
async fn an_application_below_a_base_path_and_in_nested_routers_logs_in() {
    let public_url = "http://127.0.0.1:1/base/app";
    let provider = provider(public_url).await;
    let registry = builder(public_url, &provider).build().unwrap();
    let layer = OAuthLayer::new(registry.clone(), Seal::generate());
    let around =
        Router::new().nest("/base", Router::new().nest("/app", routes())).layer(layer.clone());
    let within = Router::new().nest("/base/app", routes().layer(layer));
    for router in [around, within] {
        let mut browser = Browser::default();
        let request = Request::get("/base/app/login/openid");
        let begun = browser.send(&router, request, Body::empty()).await;
        let location = begun.headers[LOCATION].to_str().unwrap();
        let Delivery { client, params, .. } = at_provider(location, public_url).await;
        let request = Request::get(format!("/base/app/authorize/{client}?{params}"));
        let done = browser.send(&router, request, Body::empty()).await;
        assert_eq!(done.status, 200, "{done:?}");
        assert!(browser.cookies.is_empty());
    }
}

#[tokio::test]
async fn cookies_survive_middleware_that_replaces_answers() {
    async fn replace(request: AxumRequest, next: Next) -> Response {
        let response = next.run(request).await;
        match response.extensions().get::<client_registry::Error>() {
            Some(error) => (StatusCode::IM_A_TEAPOT, error.code().to_owned()).into_response(),
            None => response.status().into_response(),
        }
    }
    let mut app = App::new().await;
    let layer = OAuthLayer::new(app.registry.clone(), Seal::generate());
    let plain = routes().layer(layer.clone());
    let replaced = routes().layer(middleware::from_fn(replace)).layer(layer);
    for client in CLIENTS {
        app.router = replaced.clone();
        let mut browser = Browser::default();
        let begun = browser.get(&app, &format!("/login/{client}")).await;
        assert!(begun.status == 303 && begun.is_kept_by_nobody(), "{client}");
        assert!(browser.cookies.len() == 1 && !begun.headers.contains_key(LOCATION), "{client}");

        app.router = plain.clone();
        let mut browser = Browser::default();
        let delivery = browser.approved(&app, client).await;
        let denied = match client {
            "oauth1" => delivery.with("oauth_verifier", &["denied"]),
            _ => delivery.refused("access_denied"),
        };
        app.router = replaced.clone();
        let answer = browser.deliver(&app, &denied).await;
        assert_eq!((answer.status, &*answer.body), (418, "access_denied"), "{client}");
        assert!(browser.cookies.is_empty() && answer.is_kept_by_nobody(), "{client}");
    }
}

#[tokio::test]
async fn cookies_of_others_do_not_disturb_a_login() {
    let app = App::new().await;
    let mut browser = Browser::default();
    let Delivery { client, params, .. } = browser.approved(&app, "openid").await;
    let (name, value) = browser.cookies.first_key_value().unwrap();
    let line =
        [b"theme=\xff\xfe\xe9; a=\"b; c\"; =; ", format!("{name}={value}").as_bytes(), b"; z"]
            .concat();
    let request = Request::get(format!("/authorize/{client}?{params}"));
    let request = request.header(COOKIE, axum::http::HeaderValue::from_bytes(&line).unwrap());
    let answer = Browser::default().send(&app.router, request, Body::empty()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let [line] = &answer.set_cookies()[..] else { panic!("one cookie: {answer:?}") };
    assert!(line.starts_with(&format!("{name}=; ")), "{line}");
}

#[tokio::test]
async fn cookies_in_several_header_lines_are_read() {
    let app = App::new().await;
    let mut browser = Browser::default();
    let Delivery { client, params, .. } = browser.approved(&app, "oauth2").await;
    let (name, value) = browser.cookies.first_key_value().unwrap();
    let request = Request::get(format!("/authorize/{client}?{params}"))
        .header(COOKIE, "a=b")
        .header(COOKIE, format!("{name}={value}"))
        .header(COOKIE, "c=d");
    let answer = Browser::default().send(&app.router, request, Body::empty()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn a_handlers_own_cookies_stay_beside_the_logins() {
    async fn both(oauth: OAuth) -> Result<impl IntoResponse, Error> {
        let client = oauth.client("oauth2")?;
        let redirect = client.authorize_redirect(oauth.callback_url("oauth2")?).await?;
        Ok(([(SET_COOKIE, "mine=1; Path=/; HttpOnly")], redirect))
    }
    let app = App::new().await;
    let layer = OAuthLayer::new(app.registry.clone(), Seal::generate());
    let router = Router::new().route("/", axum::routing::get(both)).layer(layer);
    let mut browser = Browser::default();
    let answer = browser.send(&router, Request::get("/"), Body::empty()).await;
    assert_eq!((answer.status, answer.set_cookies().len()), (303, 2));
    assert_eq!(browser.cookies["mine"], "1");
}

#[tokio::test]
async fn a_request_that_begins_no_login_gets_no_header_of_ours() {
    let app = App::new().await;
    let layer = OAuthLayer::new(app.registry.clone(), Seal::generate());
    let plain = || async { "plain" };
    let asks = |_oauth: OAuth| async { "asks" };
    let router = Router::new()
        .route("/plain", axum::routing::get(plain))
        .route("/asks", axum::routing::get(asks))
        .layer(layer);
    for path in ["/plain", "/asks"] {
        let answer = Browser::default().send(&router, Request::get(path), Body::empty()).await;
        assert_eq!(answer.status, 200);
        assert!(answer.set_cookies().is_empty() && !answer.is_kept_by_nobody(), "{path}");
    }
}

#[tokio::test]
async fn an_application_begins_while_its_provider_is_down_and_logs_in_when_it_is_back() {
    let app = App::new().await;
    app.provider.set_down(true);
    for client in ["oauth1", "openid"] {
        let answer = Browser::default().get(&app, &format!("/login/{client}")).await;
        assert_eq!((answer.status, answer.error.unwrap().is_retryable()), (502, true), "{client}");
        assert!(answer.body.ends_with("Please try again soon."), "{}", answer.body);
    }
    app.provider.set_down(false);
    app.later(40);
    for client in CLIENTS {
        let mut browser = Browser::default();
        let delivery = browser.approved(&app, client).await;
        browser.completes(&app, &delivery).await;
    }
}

#[tokio::test]
async fn logins_of_many_browsers_at_once_reach_their_own() {
    let app = std::sync::Arc::new(App::new().await);
    let mut tasks = Vec::new();
    for index in 0..40 {
        let app = app.clone();
        tasks.push(tokio::spawn(async move {
            let mut browser = Browser::default();
            let delivery = browser.approved(&app, CLIENTS[index % CLIENTS.len()]).await;
            browser.completes(&app, &delivery).await;
            browser.cookies.len()
        }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), 0);
    }
}

#[tokio::test]
async fn what_handlers_hold_may_move_between_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    fn is_shared<T: Send + Sync + Clone + 'static>() {}
    is_shared::<OAuth>();
    is_shared::<integration_axum::Client>();
    is_shared::<Callback>();
    is_shared::<Error>();
    is_shared::<Redirect>();
    is_shared::<OAuthLayer>();
    is_shared::<integration_axum::Authorized>();

    async fn whole(oauth: OAuth, callback: Callback) -> Result<(), Error> {
        let client = oauth.client("openid")?;
        is_send(client.authorize_redirect("https://app.example/authorize/openid")).await?;
        let login = is_send(client.authorize_access_token(callback)).await?;
        is_send(login.userinfo()).await?;
        is_send(client.get("user").into_future()).await?;
        Ok(())
    }
    let app = App::new().await;
    let layer = OAuthLayer::new(app.registry.clone(), Seal::generate());
    let router = Router::new().route("/", axum::routing::get(whole)).layer(layer);
    let answer = Browser::default().send(&router, Request::get("/"), Body::empty()).await;
    assert_eq!(answer.code(), "state_missing", "a callback without parameters");
}

#[test]
fn an_error_is_the_registrys_inside() {
    let error = Error::from(client_registry::Error::UnknownClient("x".into()));
    assert_eq!(error.inner().status(), 404);
    assert_eq!(error.to_string(), error.inner().to_string());
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(error.into_inner().code(), "unknown_client");
}

#[tokio::test]
async fn the_registrys_own_names_reach_handlers() {
    let app = App::new().await;
    let names: Vec<_> = app.registry.names().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, CLIENTS);
    let again = router(app.registry.clone(), Seal::generate());
    let answer =
        Browser::default().send(&again, Request::get("/login/openid"), Body::empty()).await;
    assert_eq!(answer.status, 303);
}
