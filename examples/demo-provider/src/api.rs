//! What tokens are for: the JSON profile of an OAuth 2.0 site that knows no OpenID Connect, and a
//! second call (RFC 6750).

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use crate::User;
use crate::authorize::has;
use crate::state::{App, Store};
use crate::web::{self, OAuthError};

/// GET /api/user: `id`, `login`, `name`, and `email` where that scope was granted.
pub(crate) async fn user(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, OAuthError> {
    let (user, scope) = bearer(&app.store(), &headers, None)?;
    let email = has(&scope, "email").then_some(&user.email);
    Ok(web::json(&json!({
        "id": user.id(), "login": user.username, "name": user.name, "email": email,
    })))
}

/// GET /api/notes: needs the scope `notes`.
pub(crate) async fn notes(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, OAuthError> {
    let (user, _) = bearer(&app.store(), &headers, Some("notes"))?;
    Ok(web::json(&json!([
        {"id": 1, "owner": user.username, "text": "Water the plants"},
        {"id": 2, "owner": user.username, "text": "Call home"},
    ])))
}

/// The user and the scope of the access token in the header.
pub(crate) fn bearer(
    store: &Store,
    headers: &HeaderMap,
    needed: Option<&str>,
) -> Result<(User, String), OAuthError> {
    let invalid = |why| OAuthError::bearer(StatusCode::UNAUTHORIZED, "invalid_token", why);
    let token = web::authorization(headers, "Bearer").ok_or_else(|| {
        OAuthError::bearer(StatusCode::UNAUTHORIZED, OAuthError::NO_TOKEN, "no access token")
    })?;
    let access = store.access_tokens.get(&token.to_owned());
    let access = access.ok_or_else(|| invalid("the access token is unknown"))?;
    if access.expires <= web::now() {
        return Err(invalid("the access token has expired"));
    }
    let grant = store.grants.get(&access.grant).ok_or_else(|| invalid("it was revoked"))?;
    let short = |why: String| OAuthError::bearer(StatusCode::FORBIDDEN, "insufficient_scope", why);
    if let Some(needed) = needed.filter(|needed| !has(&access.scope, needed)) {
        return Err(short(format!("the scope {needed} is needed")));
    }
    let login = grant.login.as_ref().ok_or_else(|| short("it is nobody's token".into()))?;
    Ok((store.user(&login.user), access.scope.clone()))
}
