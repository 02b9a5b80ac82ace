//! What happens between a request for access and its answer: a login, then a yes or a no. OAuth 1
//! and OAuth 2 requests pass here alike.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol_core::secret;

use crate::authorize::{self, AuthorizationRequest};
use crate::pages::{self, FormKey};
use crate::state::{App, Login, Session, Store};
use crate::web::{self, Params};
use crate::{User, oauth1};

/// A request for access that waits for the person in front of the browser.
#[derive(Clone)]
pub(crate) struct Interaction {
    pub(crate) asked: Asked,
    /// Whether the session at hand will not do (nobody, `prompt=login`, `max_age`).
    pub(crate) needs_login: bool,
    pub(crate) login_hint: String,
}

#[derive(Clone)]
pub(crate) enum Asked {
    OAuth2(AuthorizationRequest),
    OAuth1(oauth1::Asked),
}

/// Remembers the request and sends the browser to its page; or approves at once where a test said so.
pub(crate) fn begin(app: &App, headers: &HeaderMap, interaction: Interaction) -> Response {
    let mut store = app.store();
    if let Some(user) = store.auto_approve.clone() {
        let before = session(app, &store, headers).map(|(id, session)| (id, session.clone()));
        let (session, login) = log_in(&mut store, before, &user);
        drop(store);
        let mut response = approve(app, interaction.asked, login);
        set_session_cookie(app, &mut response, &session);
        return response;
    }
    let new_session = match session(app, &store, headers) {
        Some(_) => None,
        None => Some(store.sessions.issue(Session::new())),
    };
    let id = store.interactions.issue(interaction);
    drop(store);
    let mut response = web::redirect(&format!("/interaction?request={id}"));
    if let Some(session) = new_session {
        set_session_cookie(app, &mut response, &session);
    }
    response
}

/// GET /interaction: the login page, or the consent page.
pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    let id = params.owned("request").unwrap_or_default();
    let store = app.store();
    let Some(interaction) = store.interactions.get(&id) else { return pages::error(EXPIRED) };
    let Some((_, session)) = session(&app, &store, &headers) else {
        return pages::error(NO_COOKIE);
    };
    render(&store, &id, interaction, session, "")
}

/// POST /login: any password.
pub(crate) async fn login(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let posted = match Posted::read(&app, &headers, &body) {
        Ok(posted) => posted,
        Err(refused) => return refused,
    };
    let username = posted.params.get("username").unwrap_or_default().trim();
    let mut store = app.store();
    if !User::is_a_username(username) {
        let problem = "A user name is 1 to 64 letters, digits, dots, dashes and underscores.";
        return render(&store, &posted.id, &posted.interaction, &posted.session, problem);
    }
    let before = Some((posted.session_id, posted.session));
    let (session_id, _) = log_in(&mut store, before, username);
    if let Some(interaction) = store.interactions.get_mut(&posted.id) {
        interaction.needs_login = false;
    }
    drop(store);
    let mut response = web::redirect(&format!("/interaction?request={}", posted.id));
    set_session_cookie(&app, &mut response, &session_id);
    response
}

/// Logs a user in: in the session that the browser has, under a new id, so that one planted before is
/// worth nothing.
fn log_in(store: &mut Store, before: Option<(String, Session)>, user: &str) -> (String, Login) {
    let before = before.map(|(id, session)| {
        store.sessions.remove(&id);
        session
    });
    let (session, login) = before.unwrap_or_else(Session::new).logged_in(user, web::now());
    (store.sessions.issue(session), login)
}

/// POST /consent: `decision` is `allow`, `switch` (to another user), or anything else for no.
pub(crate) async fn consent(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let posted = match Posted::read(&app, &headers, &body) {
        Ok(posted) => posted,
        Err(refused) => return refused,
    };
    let mut store = app.store();
    let decision = posted.params.get("decision");
    if let (Some("switch"), Some(interaction)) = (decision, store.interactions.get_mut(&posted.id))
    {
        interaction.needs_login = true;
        return web::redirect(&format!("/interaction?request={}", posted.id));
    }
    // Two clicks are one answer.
    let Some(interaction) = store.interactions.remove(&posted.id) else {
        return pages::error(EXPIRED);
    };
    let login = posted.session.login.filter(|_| !interaction.needs_login);
    match (decision, login) {
        (Some("allow"), Some(login)) => {
            if let (Asked::OAuth2(request), Some(session)) =
                (&interaction.asked, store.sessions.get_mut(&posted.session_id))
            {
                session.consents.insert(request.consent(), ());
            }
            drop(store);
            approve(&app, interaction.asked, login)
        }
        _ => {
            drop(store);
            match interaction.asked {
                Asked::OAuth2(request) => authorize::refuse(&app, &request, "access_denied"),
                Asked::OAuth1(asked) => oauth1::refuse(&app, &asked),
            }
        }
    }
}

/// The browser's session, by its cookie.
pub(crate) fn session<'s>(
    app: &App,
    store: &'s Store,
    headers: &HeaderMap,
) -> Option<(String, &'s Session)> {
    let id = web::cookie(headers, &app.cookie_name())?.to_owned();
    let session = store.sessions.get(&id)?;
    Some((id, session))
}

fn approve(app: &App, asked: Asked, login: Login) -> Response {
    match asked {
        Asked::OAuth2(request) => authorize::approve(app, &request, login),
        Asked::OAuth1(asked) => oauth1::approve(app, &asked, &login.user),
    }
}

/// A form of ours that came back, its CSRF token checked.
struct Posted {
    params: Params,
    id: String,
    interaction: Interaction,
    session_id: String,
    session: Session,
}

impl Posted {
    #[allow(clippy::result_large_err)] // The error is the answer, made once a request.
    fn read(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<Self, Response> {
        let params = Params::form(headers, body).map_err(IntoResponse::into_response)?;
        let store = app.store();
        let (session_id, session) =
            session(app, &store, headers).ok_or_else(|| pages::error(NO_COOKIE))?;
        let id = params.owned("request").unwrap_or_default();
        let interaction = store.interactions.get(&id).ok_or_else(|| pages::error(EXPIRED))?;
        let csrf = params.get("csrf").unwrap_or_default();
        if !secret::ct_eq(csrf.as_bytes(), session.csrf.as_bytes()) {
            // A login in another tab renewed the session, or another site made the form: nothing is
            // done, and whoever sits there may send a form of ours.
            let mut page = render(&store, &id, interaction, session, STALE);
            *page.status_mut() = StatusCode::BAD_REQUEST;
            return Err(page);
        }
        let (interaction, session) = (interaction.clone(), session.clone());
        Ok(Posted { params, id, interaction, session_id, session })
    }
}

fn render(
    store: &Store,
    id: &str,
    interaction: &Interaction,
    session: &Session,
    problem: &str,
) -> Response {
    let key = FormKey { request: id, csrf: &session.csrf };
    let (client_id, scope, goes_to) = match &interaction.asked {
        Asked::OAuth2(request) => (&request.client_id, &*request.scope, &request.redirect_uri),
        Asked::OAuth1(asked) => (&asked.client_id, "profile", &asked.callback),
    };
    let client = store.clients.get(client_id).map_or(&**client_id, |client| &client.name);
    match &session.login {
        Some(Login { user, .. }) if !interaction.needs_login => {
            let asks: Vec<&str> = scope.split(' ').filter_map(authorize::scope_in_words).collect();
            let asks = if asks.is_empty() { vec!["know that it is you"] } else { asks };
            let origin = goes_to.split(['?', '#']).next().unwrap_or_default();
            pages::consent(&key, client, user, &asks, origin, problem)
        }
        _ => pages::login(&key, client, &interaction.login_hint, problem),
    }
}

fn set_session_cookie(app: &App, response: &mut Response, session: &str) {
    let cookie = format!("{}={session}; HttpOnly; SameSite=Lax; Path=/", app.cookie_name());
    web::insert(response, header::SET_COOKIE, &cookie);
}

const EXPIRED: &str = "This page is no longer good: it was answered before, or it is too old. Please go back to the \
     application and start again.";
const STALE: &str = "You logged in elsewhere in the meantime. Please answer once more.";
const NO_COOKIE: &str = "Your browser sent no cookie of ours. Please allow cookies, go back to the application and \
     start again.";
