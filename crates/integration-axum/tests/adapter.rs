//! How the layer, the extractors and the answers sit in an axum application. What holds in every
//! framework is in `examples/adapter-suite`.

mod common;

use axum::Router;
use axum::body::Body;
use axum::extract::Request as AxumRequest;
use axum::http::header::LOCATION;
use axum::http::{Request, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use common::{App, Browser, CLIENTS, Delivery, HTTPS};
use common::{at_provider, builder, provider, router, routes};
use integration_axum::{Callback, Error, OAuth, OAuthLayer, Redirect, Seal, client_registry};

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

#[tokio::test]
async fn a_route_without_the_layer_answers_500_and_shows_nothing() {
    let router = routes();
    for path in ["/login/openid", "/authorize/openid?code=a&state=b", "/notes/oauth2"] {
        let answer = Browser::default().send(&router, Request::get(path), Body::empty()).await;
        assert_eq!((answer.status, &*answer.code()), (500, "config"), "{path}");
        assert!(
            answer.error.unwrap().to_string().contains("OAuthLayer"),
            "the log says what to do"
        );
    }
    let answer = Browser::default().send(&router, Request::post("/start/x"), Body::empty()).await;
    assert_eq!(answer.status, 500);
}

#[tokio::test]
async fn a_registry_without_a_public_url_answers_500_and_shows_nothing() {
    let provider = provider(HTTPS).await;
    let settings = client_registry::providers::github().client_id("id").client_secret("canary");
    let registry = OAuth::builder().register("github", settings).build().unwrap();
    let router = router(registry, Seal::generate());
    let request = Request::get("/login/github");
    let answer = Browser::default().send(&router, request, Body::empty()).await;
    assert_eq!((answer.status, &*answer.code()), (500, "config"));
    provider.shutdown().await;
}

#[test]
fn the_builder_brings_an_http_client_along_for_each_proxy_too() {
    let provider = client_registry::providers::github().client_id("id").client_secret("s");
    let proxied = provider.set(client_registry::Key::Proxy, "http://proxy.example:3128");
    assert!(OAuth::builder().register("github", proxied).build().is_ok());
}
