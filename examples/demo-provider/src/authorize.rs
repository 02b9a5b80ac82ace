//! The authorization endpoint: RFC 6749 §4.1.1, PKCE (RFC 7636), `iss` (RFC 9207), form_post, and
//! the `prompt` and `max_age` of OpenID Connect Core §3.1.2.1.

use std::time::Duration;

use crate::interaction::{self, Asked, Interaction};
use crate::state::{App, Code, Login, Session, Store};
use crate::web::{self, Params};
use crate::{Fault, pages};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};

/// An authorization request that was found good.
#[derive(Clone)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<String>,
    state: Option<String>,
    form_post: bool,
}

impl AuthorizationRequest {
    /// What a session remembers of a yes.
    pub(crate) fn consent(&self) -> (String, String) {
        (self.client_id.clone(), self.scope.clone())
    }
}

/// GET or POST /authorize (OIDC Core §3.1.2.1 asks for both).
pub(crate) async fn authorize(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let params = match method {
        Method::POST => match Params::form(&headers, &body) {
            Ok(params) => params,
            Err(error) => return error.into_response(),
        },
        _ => Params::parse(query.unwrap_or_default().as_bytes()),
    };
    let request = match destination(&app.store(), &params) {
        Ok(request) => request,
        Err(problem) => return pages::error(problem),
    };
    match ask(&app, &headers, &params, request.clone()) {
        Ok(interaction) => interaction::begin(&app, &headers, interaction),
        Err(Answer::Error(code, description)) => {
            reply(&app, &request, &[("error", code), ("error_description", description)])
        }
        Err(Answer::Approved(login)) => approve(&app, &request, login),
    }
}

/// What is known at once, without a page.
enum Answer {
    Error(&'static str, &'static str),
    Approved(Login),
}

/// Who asks and where the answer goes. An error here is shown and never redirected (RFC 6749
/// §4.1.2.1).
fn destination(store: &Store, params: &Params) -> Result<AuthorizationRequest, &'static str> {
    if params.is_repeated("client_id") || params.is_repeated("redirect_uri") {
        return Err("The application asks twice who it is or where to return to.");
    }
    let client = params.get("client_id").and_then(|id| store.clients.get(id));
    let client = client.ok_or("No application is known under this client_id.")?;
    let redirect_uri = params.get("redirect_uri").ok_or("The redirect_uri is missing.")?;
    if !client.may_redirect_to(redirect_uri) {
        return Err("The redirect_uri is not one of this application's.");
    }
    Ok(AuthorizationRequest {
        client_id: client.client_id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        scope: known_scope(params.get("scope").unwrap_or_default()),
        nonce: params.owned("nonce"),
        code_challenge: params.owned("code_challenge"),
        state: params.owned("state"),
        form_post: params.get("response_mode") == Some("form_post"),
    })
}

fn ask(
    app: &App,
    headers: &HeaderMap,
    params: &Params,
    request: AuthorizationRequest,
) -> Result<Interaction, Answer> {
    let error = |code, description| Err(Answer::Error(code, description));
    let store = app.store();
    if params.has_repeats() {
        return error("invalid_request", "a parameter comes twice");
    }
    if params.get("request").is_some() {
        return error("request_not_supported", "request objects are not taken");
    }
    if params.get("request_uri").is_some() {
        return error("request_uri_not_supported", "request objects are not taken");
    }
    match params.get("response_type") {
        Some("code") => {}
        Some(_) => return error("unsupported_response_type", "only code is answered"),
        None => return error("invalid_request", "response_type is missing"),
    }
    if !matches!(params.get("response_mode"), None | Some("query" | "form_post")) {
        return error("invalid_request", "response_mode is neither query nor form_post");
    }
    let is_public = store.clients.get(&request.client_id).is_none_or(|c| c.client_secret.is_none());
    match (&request.code_challenge, params.get("code_challenge_method")) {
        (Some(challenge), Some("S256")) if challenge.len() == 43 => {}
        (Some(_), Some("S256")) => return error("invalid_request", "code_challenge is malformed"),
        (Some(_), _) => return error("invalid_request", "code_challenge_method must be S256"),
        (None, Some(_)) => return error("invalid_request", "code_challenge is missing"),
        (None, None) if is_public => return error("invalid_request", "a public client needs PKCE"),
        (None, None) => {}
    }
    let prompt = params.get("prompt").unwrap_or_default();
    if has(prompt, "none") && prompt.trim() != "none" {
        return error("invalid_request", "prompt=none stands alone");
    }
    let max_age = match params.get("max_age").map(str::parse) {
        None => None,
        Some(Ok(seconds)) => Some(Duration::from_secs(seconds)),
        Some(Err(_)) => return error("invalid_request", "max_age is not a number of seconds"),
    };

    let session = interaction::session(app, &store, headers).map(|(_, session)| session);
    let logged_in = session.filter(|session| {
        let Some(login) = &session.login else { return false };
        let fresh = |most: Duration| !most.is_zero() && web::now().since(login.auth_time) <= most;
        !has(prompt, "login") && !has(prompt, "select_account") && max_age.is_none_or(fresh)
    });
    if prompt == "none" && store.auto_approve.is_none() {
        return match logged_in {
            Some(Session { login: Some(login), consents, .. }) => {
                if consents.get(&request.consent()).is_none() {
                    return error("consent_required", "the user has not allowed this yet");
                }
                Err(Answer::Approved(login.clone()))
            }
            _ => error("login_required", "the user must log in"),
        };
    }
    Ok(Interaction {
        asked: Asked::OAuth2(request),
        needs_login: logged_in.is_none(),
        login_hint: params.owned("login_hint").unwrap_or_default(),
    })
}

/// Answers with a code: single use, short-lived, bound to all of the request.
pub(crate) fn approve(app: &App, request: &AuthorizationRequest, login: Login) -> Response {
    let expires = web::now().after(CODE_LIFETIME);
    let code = Code { request: request.clone(), login, expires };
    let code = app.store().codes.issue(code);
    reply(app, request, &[("code", &code)])
}

/// Answers with an error (RFC 6749 §4.1.2.1).
pub(crate) fn refuse(app: &App, request: &AuthorizationRequest, code: &str) -> Response {
    reply(app, request, &[("error", code)])
}

fn reply(app: &App, request: &AuthorizationRequest, pairs: &[(&str, &str)]) -> Response {
    let mut pairs = pairs.to_vec();
    pairs.extend(request.state.as_deref().map(|state| ("state", state)));
    match app.store().fault {
        Some(Fault::CallbackIssAbsent) => {}
        Some(Fault::CallbackIssWrong) => pairs.push(("iss", "https://other.example")),
        _ => pairs.push(("iss", &app.issuer)),
    }
    if request.form_post {
        pages::form_post(&request.redirect_uri, &pairs)
    } else {
        web::redirect(&web::with_query(&request.redirect_uri, &pairs))
    }
}

/// What a scope allows, to end the sentence "It asks, as alice, to".
pub(crate) fn scope_in_words(scope: &str) -> Option<&'static str> {
    SCOPES.iter().find(|(name, _)| *name == scope).map(|(_, words)| *words)
}

/// The scopes of this provider and what they allow.
pub(crate) const SCOPES: [(&str, &str); 5] = [
    ("openid", "know that it is you"),
    ("profile", "see your name"),
    ("email", "see your e-mail address"),
    ("offline_access", "keep its access while you are away"),
    ("notes", "read your notes"),
];

/// `scope` without what this provider does not know; the token answer says what was granted
/// (RFC 6749 §3.3).
pub(crate) fn known_scope(scope: &str) -> String {
    let known: Vec<&str> =
        SCOPES.iter().map(|(name, _)| *name).filter(|name| has(scope, name)).collect();
    known.join(" ")
}

/// Whether `word` is one of the words of `list`.
pub(crate) fn has(list: &str, word: &str) -> bool {
    list.split(' ').any(|w| w == word)
}

const CODE_LIFETIME: Duration = Duration::from_secs(60);
