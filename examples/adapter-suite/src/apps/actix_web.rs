//! The application in actix-web.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue, SET_COOKIE};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Json, Path, Query, ServiceConfig};
use actix_web::{App, HttpServer, Responder};
use integration_actix_web::{
    Callback, Error, LoginOptions, LoginRoutes, OAuth, OAuthMiddleware, Redirect, Registry,
    SameOrigin, Seal, SignedIn, Visitor, client_registry,
};
use serde_json::Value;

use super::{ReadyMade, Served, X_ERROR, error_told, told};

pub(super) fn serve(registry: Registry, seal: Seal, base: &'static str) -> Served {
    let logins = OAuthMiddleware::new(registry, seal).current_user(|request| {
        let user = request.headers().get("x-user")?;
        user.to_str().ok().map(str::to_owned)
    });
    let app = move || {
        let replaced =
            web::scope("/replaced").wrap(from_fn(replace)).route("/{name}", web::get().to(login));
        web::scope(base)
            .wrap(from_fn(tell))
            .wrap(logins.clone())
            .route("/login/{name}", web::get().to(login))
            .route("/start/{name}", web::post().to(start))
            .service(
                web::resource("/authorize/{name}")
                    .route(web::get().to(authorize))
                    .route(web::post().to(authorize)),
            )
            .route("/any/{name}", web::to(authorize))
            .route("/both/{name}", web::get().to(both))
            .route("/notes/{name}", web::get().to(notes))
            .route("/plain", web::get().to(async || "plain"))
            .service(replaced)
    };
    listen(move |config| _ = config.service(app()), 0)
}

pub(super) fn serve_ready_made(registry: Registry, seal: Seal, how: ReadyMade) -> Served {
    let logins = OAuthMiddleware::new(registry, seal);
    let mut routes = LoginRoutes::new(how.options);
    if let Some(logins) = how.logins {
        routes = routes.on_login(move |_request, login| {
            let logins = logins.clone();
            async move { Ok(ReadyMade::notice(&logins, &login).await.map_err(Error::from)?) }
        });
    }
    let app = move |config: &mut ServiceConfig| {
        let scope = web::scope(how.base)
            .wrap(from_fn(tell))
            .wrap(logins.clone())
            .route("/me", web::get().to(me))
            .route("/maybe", web::get().to(maybe))
            .configure(|app| routes.configure(app));
        config.service(scope);
    };
    listen(app, how.port)
}

async fn me(user: SignedIn) -> String {
    user.name().unwrap_or_default().to_owned()
}

async fn maybe(visitor: Visitor) -> String {
    visitor.user().map_or("nobody", |user| user.name().unwrap_or_default()).to_owned()
}

fn listen(app: impl Fn(&mut ServiceConfig) + Clone + Send + 'static, port: u16) -> Served {
    let app = move || App::new().configure(app.clone());
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a free port");
    let address = socket.local_addr().expect("an address");
    let server = HttpServer::new(app).workers(1).disable_signals();
    let server = server.listen(socket).expect("a socket that listens").run();
    let handle = server.handle();
    tokio::spawn(server);
    // Asked at once; what is returned only waits for it.
    Served::new(address, move || drop(handle.stop(false)))
}

async fn login(
    oauth: OAuth,
    name: Path<String>,
    query: Query<BTreeMap<String, String>>,
) -> Result<Redirect, Error> {
    let options = LoginOptions::new().return_to(query.get("next").map_or("/", |next| next))?;
    let client = oauth.client(&name)?;
    client.authorize_redirect_with(oauth.callback_url(&name)?, &options).await
}

async fn start(_ours: SameOrigin, oauth: OAuth, name: Path<String>) -> Result<Redirect, Error> {
    oauth.client(&name)?.authorize_redirect(oauth.callback_url(&name)?).await
}

async fn authorize(
    oauth: OAuth,
    name: Path<String>,
    callback: Callback,
) -> Result<Json<Value>, Error> {
    let login = oauth.client(&name)?.authorize_access_token(callback).await?;
    let user = login.userinfo().await?;
    Ok(Json(told(&login, &user)))
}

async fn both(oauth: OAuth, name: Path<String>) -> Result<impl Responder, Error> {
    let redirect = oauth.client(&name)?.authorize_redirect(oauth.callback_url(&name)?).await?;
    let redirect = redirect.customize();
    Ok(redirect.append_header((SET_COOKIE, "mine=1; Path=/; HttpOnly")))
}

async fn notes(oauth: OAuth, name: Path<String>) -> Result<Json<Value>, Error> {
    Ok(Json(oauth.client(&name)?.get("notes").await?.json().await?))
}

/// A middleware that fails once the handler is done: of what is within, nothing is left.
async fn replace(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let response = next.call(request).await?;
    match response.status().is_redirection() {
        true => Err(actix_web::error::InternalError::new("a teapot", TEAPOT).into()),
        false => Ok(response),
    }
}

const TEAPOT: actix_web::http::StatusCode = actix_web::http::StatusCode::IM_A_TEAPOT;

async fn tell(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let error = response.response().extensions().get::<client_registry::Error>().map(error_told);
    if let Some(error) = error {
        let value = HeaderValue::try_from(error).expect("a form is a header value");
        response.headers_mut().insert(HeaderName::from_static(X_ERROR), value);
    }
    Ok(response)
}
