//! The token endpoint (RFC 6749 §3.2; refresh rotation as RFC 9700 §4.14.2) and revocation
//! (RFC 7009).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use protocol_core::{base64url, digest};
use serde_json::json;

use crate::authorize::{has, known_scope};
use crate::state::{Access, App, Grant, Refresh, Store};
use crate::web::{self, OAuthError, Params};
use crate::{Client, oidc};

/// POST /token.
pub(crate) async fn token(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, OAuthError> {
    let params = Params::form(&headers, &body)?;
    if params.has_repeats() {
        return Err(OAuthError::new("invalid_request", "a parameter comes twice"));
    }
    let mut store = app.store();
    let client = authenticate(&store, &headers, &params)?;
    let issued = match params.required("grant_type")? {
        "authorization_code" => redeem(&mut store, &client, &params)?,
        "refresh_token" => refresh(&mut store, &client, &params)?,
        "client_credentials" => for_itself(&mut store, &client, &params)?,
        _ => return Err(OAuthError::new("unsupported_grant_type", "this grant is not offered")),
    };

    let expires = web::now().after(store.access_token_lifetime);
    let access = Access { grant: issued.grant_id.clone(), scope: issued.scope.clone(), expires };
    let access_token = store.access_tokens.issue(access);
    let mut answer = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": store.access_token_lifetime.as_secs(),
        "scope": issued.scope,
    });
    if issued.grant.login.is_some() {
        let refresh = Refresh { grant: issued.grant_id, spent: false };
        answer["refresh_token"] = store.refresh_tokens.issue(refresh).into();
    }
    if let Some(login) = issued.grant.login.as_ref().filter(|_| has(&issued.scope, "openid")) {
        let nonce = issued.nonce.as_deref();
        let claims = oidc::id_token_claims(&app.issuer, &store, &client, login, nonce);
        answer["id_token"] = store.keys.sign_id_token(&client, claims, &access_token)?.into();
    }
    Ok(web::json(&answer))
}

/// POST /revoke (RFC 7009): a refresh token takes its whole grant along.
pub(crate) async fn revoke(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, OAuthError> {
    let params = Params::form(&headers, &body)?;
    let mut store = app.store();
    let client = authenticate(&store, &headers, &params)?;
    let token = params.required("token")?.to_owned();
    let refresh = store.refresh_tokens.get(&token).map(|refresh| refresh.grant.clone());
    let access = store.access_tokens.get(&token).map(|access| access.grant.clone());
    if let Some(grant_id) = refresh.clone().or(access) {
        let owner = store.grants.get(&grant_id).map(|grant| &grant.client_id);
        if owner.is_some_and(|owner| *owner != client.client_id) {
            return Err(OAuthError::new("invalid_grant", "the token belongs to another client"));
        }
        if refresh.is_some() {
            store.grants.remove(&grant_id);
        }
        store.access_tokens.remove(&token);
    }
    Ok(StatusCode::OK.into_response())
}

/// What a grant came to, before its tokens are made.
struct Issued {
    grant_id: String,
    grant: Grant,
    scope: String,
    nonce: Option<String>,
}

/// client_secret_basic, client_secret_post or none; never two of them (RFC 6749 §2.3).
fn authenticate(store: &Store, headers: &HeaderMap, params: &Params) -> Result<Client, OAuthError> {
    let (id, secret) = match (web::authorization(headers, "Basic"), params.get("client_secret")) {
        (Some(_), Some(_)) => {
            return Err(OAuthError::new("invalid_request", "two ways of authentication at once"));
        }
        (Some(_), None) => {
            let (id, secret) = web::basic(headers).ok_or_else(OAuthError::invalid_client)?;
            if params.get("client_id").is_some_and(|other| other != id) {
                return Err(OAuthError::new("invalid_request", "two client_ids"));
            }
            (id, Some(secret))
        }
        (None, secret) => (params.required("client_id")?.to_owned(), secret.map(str::to_owned)),
    };
    let client = store.clients.get(&id).ok_or_else(OAuthError::invalid_client)?;
    let is_good = match (&client.client_secret, &secret) {
        (Some(expected), Some(got)) => expected.ct_eq(got),
        (None, None) => true,
        _ => false,
    };
    if is_good { Ok(client.clone()) } else { Err(OAuthError::invalid_client()) }
}

fn redeem(store: &mut Store, client: &Client, params: &Params) -> Result<Issued, OAuthError> {
    let invalid = |why| OAuthError::new("invalid_grant", why);
    let code = params.required("code")?.to_owned();
    // Whatever comes of it, the code has had its one try.
    let Some(found) = store.codes.remove(&code) else {
        if let Some(grant_id) = store.spent_codes.remove(&code) {
            store.grants.remove(&grant_id);
        }
        return Err(invalid("the code is unknown or was used before"));
    };
    let request = found.request;
    if request.client_id != client.client_id {
        return Err(invalid("the code belongs to another client"));
    }
    if found.expires <= web::now() {
        return Err(invalid("the code has expired"));
    }
    if params.get("redirect_uri") != Some(&request.redirect_uri) {
        return Err(invalid("redirect_uri is not the one of the authorization request"));
    }
    match (&request.code_challenge, params.get("code_verifier")) {
        (None, None) => {}
        (Some(challenge), Some(verifier))
            if base64url::encode(digest::sha256(verifier.as_bytes())) == *challenge => {}
        _ => return Err(invalid("code_verifier does not fit code_challenge")),
    }
    let grant = Grant {
        client_id: request.client_id,
        login: Some(found.login),
        scope: request.scope.clone(),
    };
    let grant_id = store.grants.issue(grant.clone());
    store.spent_codes.insert(code, grant_id.clone());
    Ok(Issued { grant_id, grant, scope: request.scope, nonce: request.nonce })
}

fn refresh(store: &mut Store, client: &Client, params: &Params) -> Result<Issued, OAuthError> {
    let invalid = |why| OAuthError::new("invalid_grant", why);
    let token = params.required("refresh_token")?.to_owned();
    let Some(found) = store.refresh_tokens.get_mut(&token) else {
        return Err(invalid("the refresh token is unknown"));
    };
    let grant_id = found.grant.clone();
    let Some(grant) = store.grants.get(&grant_id).cloned() else {
        return Err(invalid("the refresh token was revoked"));
    };
    if grant.client_id != client.client_id {
        return Err(invalid("the refresh token belongs to another client"));
    }
    if found.spent {
        // Two hold the same token and one of them stole it: both lose it.
        store.grants.remove(&grant_id);
        return Err(invalid("the refresh token was used before; its grant is revoked"));
    }
    let scope = match params.get("scope") {
        None => grant.scope.clone(),
        Some(asked) if asked.split(' ').all(|word| has(&grant.scope, word)) => known_scope(asked),
        Some(_) => return Err(OAuthError::new("invalid_scope", "more than was granted")),
    };
    found.spent = true;
    Ok(Issued { grant_id, grant, scope, nonce: None })
}

fn for_itself(store: &mut Store, client: &Client, params: &Params) -> Result<Issued, OAuthError> {
    if client.client_secret.is_none() {
        let problem = "a public client cannot act for itself";
        return Err(OAuthError::new("unauthorized_client", problem));
    }
    let scope = known_scope(params.get("scope").unwrap_or_default());
    let grant = Grant { client_id: client.client_id.clone(), login: None, scope: scope.clone() };
    let grant_id = store.grants.issue(grant.clone());
    Ok(Issued { grant_id, grant, scope, nonce: None })
}
