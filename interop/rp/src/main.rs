//! An application whose users log in at providers that we did not write.
//!
//! `interop-rp [--port 9500] [--public-url http://127.0.0.1:9500] [--oidc http://127.0.0.1:9400]
//! [--oauth1 http://127.0.0.1:9410] [--rsa-key PEM_FILE] [--certs FOLDER]`. Its clients are named after those of
//! `interop/providers`, in lower case. `/login/{name}` begins a login; `/authorize/{name}` ends it with a JSON object: who
//! logged in, and what was checked. `/clients` lists them.
//!
//! Who logged in is signed in: `/me` says who. `/logout/{name}` logs out at the provider as well and
//! ends at `/logged-out`, `/revoke/{name}` logs out for good, and at `/backchannel-logout` the
//! provider tells of logouts of the client `logout`.
//!
//! `/device/{name}` begins the login of a device and shows its code; `/device/{name}/login` ends it
//! once somebody has entered that.

use std::error::Error as StdError;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use client_registry::{Authorized, DeviceLogin, HttpClient, UserInfo};
use integration_axum::{
    Callback, Error, Key, OAuth, OAuthLayer, Provider, Redirect, Registry, Seal,
};
use integration_reqwest::Client as Http;
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// The secret of all clients at the OpenID provider.
const SECRET: &str = "a-test-secret-of-at-least-thirty-two-characters";

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let options = Options::read()?;
    let app = Router::new()
        .route("/clients", get(clients))
        .route("/login/{name}", get(login))
        .route("/authorize/{name}", get(authorize).post(authorize))
        .route("/device/{name}", get(device))
        .route("/device/{name}/login", get(device_login))
        .route("/me", get(me))
        .route("/logout/{name}", get(logout))
        .route("/logged-out", get(logged_out))
        .route("/revoke/{name}", get(revoke))
        .route("/backchannel-logout", post(back_channel_logout))
        .layer(middleware::from_fn(tell))
        .layer(OAuthLayer::new(registry(&options)?, Seal::generate()));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", options.port)).await?;
    println!("{}", options.public_url);
    Ok(axum::serve(listener, app).await?)
}

async fn clients(oauth: OAuth) -> Json<Vec<String>> {
    Json(oauth.registry().names().into_iter().map(|(name, _)| name).collect())
}

async fn login(oauth: OAuth, Path(name): Path<String>) -> Result<Redirect, Error> {
    oauth.client(&name)?.authorize_redirect(oauth.callback_url(&name)?).await
}

async fn authorize(
    oauth: OAuth,
    Path(name): Path<String>,
    callback: Callback,
) -> Result<Json<Value>, Error> {
    let login = oauth.client(&name)?.authorize_access_token(callback).await?;
    let user = login.userinfo().await?;
    oauth.session().sign_in_as(&login, &user).await?;
    told(&login, &user).await
}

/// Who logged in, what was checked, and what the server says of the token.
async fn told(login: &Authorized, user: &UserInfo) -> Result<Json<Value>, Error> {
    let client = login.client();
    let active = match client.protocol() {
        "OAuth 1.0" => None,
        _ => Some(client.introspect_token(login.access_token()).await?.active),
    };
    let email = user.email().map(|email| json!([email.address, email.verified]));
    let checks: Vec<_> = login.checks().iter().map(|c| json!([c.what, c.how])).collect();
    Ok(Json(json!({
        "client": client.name(), "sub": user.sub(), "iss": user.iss(), "name": user.name(),
        "email": email, "checks": checks, "active": active,
    })))
}

async fn device(oauth: OAuth, Path(name): Path<String>) -> Result<Json<Value>, Error> {
    let login = oauth.client(&name)?.device_authorization().await?;
    let complete = login.verification_uri_complete.as_ref().map(|uri| uri.as_str());
    let shown = json!({
        "user_code": login.user_code, "verification_uri": login.verification_uri.as_str(),
        "verification_uri_complete": complete,
    });
    *DEVICE.lock().await = Some(login);
    Ok(Json(shown))
}

async fn device_login() -> Result<Json<Value>, Error> {
    let mut device = DEVICE.lock().await;
    let device = device.as_mut().ok_or_else(|| client_registry::Error::config("device", "none"))?;
    let login = device.poll().await?;
    let user = login.userinfo().await?;
    told(&login, &user).await
}

/// The one device there is.
static DEVICE: Mutex<Option<DeviceLogin>> = Mutex::const_new(None);

async fn me(oauth: OAuth) -> Result<Response, Error> {
    Ok(match oauth.session().signed_in().await? {
        Some(user) => Json(json!({"client": user.client(), "id": user.id(), "sid": user.sid()}))
            .into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    })
}

/// By GET, for a test to walk through; an application has a form of its own for it.
async fn logout(oauth: OAuth, Path(name): Path<String>) -> Result<Redirect, Error> {
    let back = oauth.registry().url("/logged-out")?;
    Ok(Redirect::from(oauth.client(&name)?.logout_redirect(back).await?))
}

async fn logged_out(oauth: OAuth, RawQuery(query): RawQuery) -> Result<Json<Value>, Error> {
    let query = query.unwrap_or_default();
    let back = oauth.client("logout")?.validate_logout_response(&query).await?;
    Ok(Json(json!({"logged_out": true, "at_provider": back.at_provider()})))
}

async fn revoke(oauth: OAuth, Path(name): Path<String>) -> Result<String, Error> {
    Ok(format!("{:?}", oauth.client(&name)?.logout().await?))
}

async fn back_channel_logout(oauth: OAuth, headers: HeaderMap, body: Bytes) -> Response {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let answer = oauth.session().back_channel_logout("logout", content_type, &body).await;
    println!("backchannel-logout: {} {:?}", answer.status(), answer.outcome());
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::BAD_REQUEST);
    (status, answer.headers(), answer.body().to_owned()).into_response()
}

/// Writes the error behind an answer to the log; the answer itself does not tell it.
async fn tell(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    if let Some(error) = response.extensions().get::<client_registry::Error>() {
        eprintln!("{path}: {}: {error}", error.code());
    }
    response
}

fn registry(options: &Options) -> Result<Registry, Box<dyn StdError>> {
    let mut builder = OAuth::builder().public_url(&options.public_url)?;
    let mut certified = Vec::new();
    if let Some(folder) = &options.certs {
        let authority = std::fs::read(format!("{folder}/ca.crt"))?;
        let trusting = move || Http::builder().root_certificate_pem(&authority);
        builder = builder.http(trusting().build()?).http_for(move |transport| {
            Ok(Arc::new(trusting().transport(transport).build()?) as Arc<dyn HttpClient>)
        });
        certified = certified_clients(&options.oidc, folder)?;
    }
    for (name, provider) in openid_clients(&options.oidc)
        .into_iter()
        .chain(certified)
        .chain(oauth1_clients(&options.oauth1, options.rsa_key.as_deref()))
    {
        builder = builder.register(name, provider);
    }
    Ok(builder.build()?)
}

fn openid_clients(issuer: &str) -> Vec<(String, Provider)> {
    let client = |id: &str| {
        Provider::new()
            .issuer(issuer)
            .client_id(id)
            .client_secret(SECRET)
            .scope("openid profile email")
    };
    let mut clients = vec![
        ("basic".to_owned(), client("basic")),
        ("post".to_owned(), client("post").set(Key::TokenEndpointAuthMethod, "client_secret_post")),
        ("form-post".to_owned(), client("basic").set(Key::ResponseMode, "form_post")),
        ("pairwise".to_owned(), client("pairwise")),
        ("logout".to_owned(), client("logout")),
        (
            "userinfo-jwt".to_owned(),
            client("userinfo-jwt").set(Key::UserinfoSignedResponseAlg, "RS256"),
        ),
        (
            "public".to_owned(),
            client("public").client_secret("").set(Key::TokenEndpointAuthMethod, "none"),
        ),
        (
            "device".to_owned(),
            client("device").client_secret("").set(Key::TokenEndpointAuthMethod, "none"),
        ),
    ];
    for alg in ["ES256", "ES384", "ES512", "PS256", "RS512", "EdDSA", "HS256"] {
        let id = format!("id-{alg}");
        clients.push((id.to_lowercase(), client(&id).set(Key::IdTokenSignedResponseAlg, alg)));
    }
    clients
}

/// Those that authenticate by mutual TLS.
fn certified_clients(issuer: &str, folder: &str) -> std::io::Result<Vec<(String, Provider)>> {
    let client = |id: &str, method: &str, file: &str| {
        let provider = Provider::new()
            .issuer(issuer)
            .client_id(id)
            .scope("openid profile email")
            .set(Key::TokenEndpointAuthMethod, method)
            .set(Key::Certificate, std::fs::read_to_string(format!("{folder}/{file}.crt"))?)
            .set(Key::PrivateKey, std::fs::read_to_string(format!("{folder}/{file}.key"))?);
        std::io::Result::Ok((id.to_owned(), provider))
    };
    Ok(vec![
        client("mtls", "tls_client_auth", "client")?,
        client("mtls-self", "self_signed_tls_client_auth", "self")?,
    ])
}

/// Each method of Authlib's server, in each place; those by RSA where its key is known.
fn oauth1_clients(base: &str, rsa_key: Option<&str>) -> Vec<(String, Provider)> {
    let client = |method: &str, place: &str| {
        let provider = Provider::new()
            .set(Key::RequestTokenUrl, format!("{base}/request_token"))
            .set(Key::AuthorizeUrl, format!("{base}/authorize"))
            .set(Key::AccessTokenUrl, format!("{base}/access_token"))
            .set(Key::ApiBaseUrl, format!("{base}/"))
            .set(Key::UserinfoEndpoint, "profile")
            .set(Key::SignatureMethod, method)
            .set(Key::SignatureType, place);
        match (method, rsa_key) {
            ("RSA-SHA1", None) => None,
            ("RSA-SHA1", Some(pem)) => Some(provider.client_id("rsa-key").set(Key::RsaKey, pem)),
            _ => Some(provider.client_id("key").client_secret("secret")),
        }
    };
    let mut clients = Vec::new();
    for method in ["HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "PLAINTEXT"] {
        for place in ["header", "query", "body"] {
            let name = format!("oauth1-{}-{place}", method.to_lowercase());
            clients.extend(client(method, place).map(|client| (name, client)));
        }
    }
    clients
}

struct Options {
    port: u16,
    public_url: String,
    oidc: String,
    oauth1: String,
    rsa_key: Option<String>,
    certs: Option<String>,
}

impl Options {
    fn read() -> Result<Self, Box<dyn StdError>> {
        let mut options = Options {
            port: 9500,
            public_url: "http://127.0.0.1:9500".to_owned(),
            oidc: "http://127.0.0.1:9400".to_owned(),
            oauth1: "http://127.0.0.1:9410".to_owned(),
            rsa_key: None,
            certs: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name}: no value"))?;
            match name.as_str() {
                "--port" => options.port = value.parse()?,
                "--public-url" => options.public_url = value,
                "--oidc" => options.oidc = value,
                "--oauth1" => options.oauth1 = value,
                "--rsa-key" => options.rsa_key = Some(std::fs::read_to_string(value)?),
                "--certs" => options.certs = Some(value),
                _ => return Err(format!("unknown option {name}").into()),
            }
        }
        Ok(options)
    }
}
