//! Logout begun by an application (OpenID Connect RP-Initiated Logout 1.0), of which all the others are
//! told (Front-Channel Logout 1.0, Back-Channel Logout 1.0).

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use protocol_core::{percent, secret};
use tokio::task::JoinSet;

use crate::authorize::has;
use crate::state::{App, Grant, Store};
use crate::web::{self, Params};
use crate::{Client, interaction, oidc, pages};

/// GET /logout.
pub(crate) async fn by_query(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    log_out(&app, &headers, &Params::parse(query.unwrap_or_default().as_bytes())).await
}

/// POST /logout: the same by a form, an application's or our own.
pub(crate) async fn by_form(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    match Params::form(&headers, &body) {
        Ok(params) => log_out(&app, &headers, &params).await,
        Err(refused) => refused.into_response(),
    }
}

/// Ends the session of the user whom the hint names, and tells all the clients of it; asks whoever
/// has no hint (§2: else any site could log people out).
async fn log_out(app: &App, headers: &HeaderMap, params: &Params) -> Response {
    let done = match end_session(app, headers, params) {
        Ok(done) => done,
        Err(page) => return page,
    };
    post_all(done.posts).await;
    match done.back {
        Some(back) if done.frames.is_empty() => web::redirect(&back),
        back => pages::logged_out(&done.frames, back.as_deref()),
    }
}

/// A session that has ended.
struct Done {
    /// Where the browser is to go.
    back: Option<String>,
    /// What it loads before.
    frames: Vec<String>,
    /// Addresses, and the logout token for each.
    posts: Vec<(String, String)>,
}

#[allow(clippy::result_large_err)] // The error is the answer, made once a request.
fn end_session(app: &App, headers: &HeaderMap, params: &Params) -> Result<Done, Response> {
    let mut store = app.store();
    let hint = params.get("id_token_hint").and_then(|raw| store.keys.own_claims(raw));
    let back = place_to_return(&store, params, hint.as_ref()).map_err(pages::error)?;
    let mut done = Done { back, frames: Vec::new(), posts: Vec::new() };
    let found = interaction::session(app, &store, headers);
    let Some((id, session)) = found.map(|(id, session)| (id, session.clone())) else {
        return Ok(done);
    };
    let ours = params.get("csrf").unwrap_or_default();
    let agreed = secret::ct_eq(ours.as_bytes(), session.csrf.as_bytes());
    if let Some(login) = &session.login {
        let sub = store.user(&login.user).sub();
        let is_the_hints = hint.is_some_and(|hint| hint.sub() == Some(&*sub));
        if !agreed && !is_the_hints {
            let asked = ASKED.iter().filter_map(|name| Some((*name, params.get(name)?)));
            return Err(pages::log_out(&session.csrf, asked));
        }
        for client in clients_of(&store, &login.sid) {
            let told = [("iss", &*app.issuer), ("sid", &*login.sid)];
            let frame = client.frontchannel_logout_uri.as_deref();
            done.frames.extend(frame.map(|uri| web::with_query(uri, &told)));
            let sid = Some(&*login.sid);
            if let Some(uri) = &client.backchannel_logout_uri
                && let Ok(token) = oidc::logout_token(&app.issuer, &store, client, &login.user, sid)
            {
                done.posts.push((uri.clone(), token));
            }
        }
    }
    store.sessions.remove(&id);
    Ok(done)
}

/// The clients that have an ID token of this session.
fn clients_of<'s>(store: &'s Store, sid: &str) -> Vec<&'s Client> {
    let is_of_session = |grant: &&Grant| {
        has(&grant.scope, "openid") && grant.login.as_ref().is_some_and(|login| login.sid == sid)
    };
    let ids = store.grants.values().filter(is_of_session).map(|grant| &grant.client_id);
    let ids: BTreeSet<_> = ids.collect();
    ids.into_iter().filter_map(|id| store.clients.get(id)).collect()
}

/// Tells by the back channel, all at once. Whoever cannot be told now is told never.
async fn post_all(posts: Vec<(String, String)>) {
    let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build();
    let Ok(http) = http else { return };
    let mut under_way = JoinSet::new();
    for (uri, token) in posts {
        let form = percent::form_body([("logout_token", token)]);
        let request = http.post(uri).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        under_way.spawn(request.body(form).send());
    }
    under_way.join_all().await;
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

/// How long a client may take to hear of a logout.
const PATIENCE: Duration = Duration::from_secs(2);
