//! OAuth 1.0a, the server's side (RFC 5849): three legs and one API call, every request's signature
//! verified. A denial comes back as `denied=`, as Twitter does it.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oauth1_core::{Error, Secrets, SignedRequest, Verified, Verifier};
use protocol_core::{TokenSecret, UnixTime, percent, random};
use serde_json::json;

use crate::interaction::{self, Interaction};
use crate::state::{App, Store};
use crate::web::{self, Params};
use crate::{Fault, pages};

/// Temporary credentials (§2.1), and who allowed them once somebody has.
pub(crate) struct Temporary {
    asked: Asked,
    secret: TokenSecret,
    /// The verifier and the user.
    allowed: Option<(String, String)>,
    expires: UnixTime,
}

/// Token credentials (§2.3).
pub(crate) struct TokenCredentials {
    client_id: String,
    secret: TokenSecret,
    user: String,
}

/// What the consent page is about.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) client_id: String,
    pub(crate) callback: String,
    token: String,
}

/// POST /oauth1/request_token (§2.1).
pub(crate) async fn request_token(
    State(app): State<App>,
    parts: Parts,
    body: Bytes,
) -> Result<Response, Problem> {
    let mut store = app.store();
    let signed = verify(&mut store, parts, body, |_, _| Some(TokenSecret::new("")))?;
    let client_id = signed.consumer_key().to_owned();
    let callback = signed.oauth_parameter("oauth_callback").ok_or(Problem("parameter_absent"))?;
    let is_ours = store.clients.get(&client_id).is_some_and(|c| c.may_redirect_to(callback));
    if callback != OUT_OF_BAND && !is_ours {
        return Err(Problem("parameter_rejected"));
    }
    let token = random::token();
    let secret = random::token();
    let temporary = Temporary {
        asked: Asked { client_id, callback: callback.to_owned(), token: token.clone() },
        secret: TokenSecret::new(&*secret),
        allowed: None,
        expires: web::now().after(TEMPORARY_LIFETIME),
    };
    store.temporary_credentials.insert(token.clone(), temporary);
    let confirmed = store.fault != Some(Fault::CallbackUnconfirmed);
    Ok(form(&[
        ("oauth_token", &token),
        ("oauth_token_secret", &secret),
        ("oauth_callback_confirmed", if confirmed { "true" } else { "false" }),
    ]))
}

/// GET /oauth1/authorize (§2.2).
pub(crate) async fn authorize(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    let token = params.owned("oauth_token").unwrap_or_default();
    let (asked, needs_login) = {
        let store = app.store();
        let live = store
            .temporary_credentials
            .get(&token)
            .filter(|temporary| temporary.allowed.is_none() && temporary.expires > web::now());
        let Some(temporary) = live else {
            return pages::error("This request for access is unknown, answered, or too old.");
        };
        let session = interaction::session(&app, &store, &headers);
        let needs_login = session.is_none_or(|(_, session)| session.login.is_none());
        (interaction::Asked::OAuth1(temporary.asked.clone()), needs_login)
    };
    let login_hint = String::new();
    interaction::begin(&app, &headers, Interaction { asked, needs_login, login_hint })
}

/// Back to the client with a verifier, or the verifier on a page (§2.2).
pub(crate) fn approve(app: &App, asked: &Asked, user: &str) -> Response {
    let verifier = random::token();
    let mut store = app.store();
    let Some(temporary) = store.temporary_credentials.get_mut(&asked.token) else {
        return pages::error("This request for access is too old.");
    };
    temporary.allowed = Some((verifier.clone(), user.to_owned()));
    if asked.callback == OUT_OF_BAND {
        let client = store.clients.get(&asked.client_id);
        return pages::verifier(client.map_or("the application", |client| &client.name), &verifier);
    }
    let pairs = [("oauth_token", &*asked.token), ("oauth_verifier", &verifier)];
    web::redirect(&web::with_query(&asked.callback, &pairs))
}

/// Back to the client with a no.
pub(crate) fn refuse(app: &App, asked: &Asked) -> Response {
    app.store().temporary_credentials.remove(&asked.token);
    if asked.callback == OUT_OF_BAND {
        return pages::error("You did not allow it. You can close this page.");
    }
    web::redirect(&web::with_query(&asked.callback, &[("denied", &asked.token)]))
}

/// POST /oauth1/access_token (§2.3).
pub(crate) async fn access_token(
    State(app): State<App>,
    parts: Parts,
    body: Bytes,
) -> Result<Response, Problem> {
    let mut store = app.store();
    let signed = verify(&mut store, parts, body, |store, signed| {
        let found = store.temporary_credentials.get(&signed.token()?.to_owned())?;
        let is_theirs = found.asked.client_id == signed.consumer_key();
        (is_theirs && found.expires > web::now()).then(|| found.secret.clone())
    })?;
    // Whatever comes of it, the verifier has had its one try.
    let token = signed.token().unwrap_or_default().to_owned();
    let temporary = store.temporary_credentials.remove(&token).ok_or(Problem("token_rejected"))?;
    let (verifier, username) = temporary.allowed.ok_or(Problem("permission_unknown"))?;
    if signed.oauth_parameter("oauth_verifier") != Some(&verifier) {
        return Err(Problem("verifier_invalid"));
    }
    let secret = random::token();
    let user = store.user(&username);
    let token = store.token_credentials.issue(TokenCredentials {
        client_id: signed.consumer_key().to_owned(),
        secret: TokenSecret::new(&*secret),
        user: username,
    });
    Ok(form(&[
        ("oauth_token", &token),
        ("oauth_token_secret", &secret),
        ("user_id", &user.id().to_string()),
        ("screen_name", &user.username),
    ]))
}

/// GET or POST /oauth1/profile: a protected resource (§3).
pub(crate) async fn profile(
    State(app): State<App>,
    parts: Parts,
    body: Bytes,
) -> Result<Response, Problem> {
    let mut store = app.store();
    let signed = verify(&mut store, parts, body, |store, signed| {
        let found = store.token_credentials.get(&signed.token()?.to_owned())?;
        (found.client_id == signed.consumer_key()).then(|| found.secret.clone())
    })?;
    let token = store.token_credentials.get(&signed.token().unwrap_or_default().to_owned());
    let user = store.user(&token.ok_or(Problem("token_rejected"))?.user);
    Ok(web::json(&json!({
        "id": user.id(), "id_str": user.id().to_string(), "screen_name": user.username,
        "name": user.name, "email": user.email,
    })))
}

/// A refusal, in the words of the OAuth Problem Reporting extension.
pub(crate) struct Problem(&'static str);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = form(&[("oauth_problem", self.0)]);
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        web::insert(&mut response, header::WWW_AUTHENTICATE, "OAuth realm=\"demo-provider\"");
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem(match error.code() {
            "bad_signature" => "signature_invalid",
            // Of the client or of the token: which one it is, is not told.
            "unknown_consumer" => "consumer_key_unknown",
            "nonce_reused" => "nonce_used",
            "stale_timestamp" => "timestamp_refused",
            "unsupported" => "signature_method_rejected",
            _ => "parameter_rejected",
        })
    }
}

/// Checks signature, timestamp and nonce (§3.2). `token_secret` finds the secret of the request's
/// token, or `None` to refuse it.
fn verify(
    store: &mut Store,
    parts: Parts,
    body: Bytes,
    token_secret: impl FnOnce(&Store, &SignedRequest) -> Option<TokenSecret>,
) -> Result<Verified, Problem> {
    let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let origin = format!("http://{}", host.unwrap_or_default());
    // PLAINTEXT is safe here, where no packet leaves the machine.
    let verifier = Verifier::new().allow_plaintext().at(&origin)?;
    let signed = verifier.parse(&Request::from_parts(parts, body))?;
    let client = store.clients.get(signed.consumer_key());
    let client_secret = client.and_then(|client| client.client_secret.clone());
    let secrets = client_secret
        .zip(token_secret(store, &signed))
        .map(|(client, token)| Secrets::of_client(client).with_token(token));
    let verified = verifier.verify(&signed, secrets.as_ref(), web::now())?;
    Ok(verified.once(|key| {
        let is_new = store.oauth1_nonces.get(&key.value).is_none();
        store.oauth1_nonces.insert(key.value.clone(), ());
        is_new
    })?)
}

fn form(pairs: &[(&str, &str)]) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/x-www-form-urlencoded")];
    (headers, percent::form_body(pairs.iter().copied())).into_response()
}

/// The callback of a client that cannot be redirected to (§2.1).
const OUT_OF_BAND: &str = "oob";
const TEMPORARY_LIFETIME: Duration = Duration::from_secs(600);
