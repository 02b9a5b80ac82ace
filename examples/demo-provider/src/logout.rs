//! Logout begun by an application (OpenID Connect RP-Initiated Logout 1.0).

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use protocol_core::{percent, secret};

use crate::state::{App, Store};
use crate::web::{self, Params};
use crate::{interaction, pages};

/// GET /logout.
pub(crate) async fn by_query(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    log_out(&app, &headers, &Params::parse(query.unwrap_or_default().as_bytes()))
}

/// POST /logout: the same by a form, an application's or our own.
pub(crate) async fn by_form(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    match Params::form(&headers, &body) {
        Ok(params) => log_out(&app, &headers, &params),
        Err(refused) => refused.into_response(),
    }
}

/// Ends the session of the user whom the hint names; asks whoever has no hint (§2: else any site
/// could log people out).
fn log_out(app: &App, headers: &HeaderMap, params: &Params) -> Response {
    let mut store = app.store();
    let hint = params.get("id_token_hint").and_then(|raw| store.keys.own_claims(raw));
    let back = match place_to_return(&store, params, hint.as_ref()) {
        Ok(back) => back,
        Err(problem) => return pages::error(problem),
    };
    let found = interaction::session(app, &store, headers);
    let found = found.map(|(id, session)| (id, session.csrf.clone(), session.user.clone()));
    if let Some((id, csrf, user)) = found {
        let is_the_hints = |user: &String| {
            hint.as_ref().is_some_and(|hint| hint.sub() == Some(&*store.user(user).sub()))
        };
        let ours = params.get("csrf").unwrap_or_default();
        let agreed = secret::ct_eq(ours.as_bytes(), csrf.as_bytes());
        if !agreed && user.is_some_and(|user| !is_the_hints(&user)) {
            let asked = ASKED.iter().filter_map(|name| Some((*name, params.get(name)?)));
            return pages::log_out(&csrf, asked);
        }
        store.sessions.remove(&id);
    }
    match back {
        Some(back) => web::redirect(&back),
        None => pages::logged_out(),
    }
}

/// Where the client wants the browser back, if that is registered (§3).
fn place_to_return(
    store: &Store,
    params: &Params,
    hint: Option<&jose_core::Claims>,
) -> Result<Option<String>, &'static str> {
    let of_hint = hint.and_then(|hint| hint.aud().first().cloned());
    let client_id = params.owned("client_id").or(of_hint);
    if let (Some(id), Some(hint)) = (&client_id, hint)
        && !hint.aud().contains(id)
    {
        return Err("The id_token_hint was issued to another client.");
    }
    let Some(uri) = params.get("post_logout_redirect_uri") else { return Ok(None) };
    let client = client_id.and_then(|id| store.clients.get(&id));
    if !client.is_some_and(|client| client.post_logout_redirect_uris.iter().any(|u| u == uri)) {
        return Err("The post_logout_redirect_uri is not one of this client's.");
    }
    Ok(Some(match params.get("state") {
        Some(state) => {
            let glue = if uri.contains('?') { '&' } else { '?' };
            format!("{uri}{glue}{}", percent::form_body([("state", state)]))
        }
        None => uri.to_owned(),
    }))
}

/// What our own form brings along.
const ASKED: [&str; 4] = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"];
