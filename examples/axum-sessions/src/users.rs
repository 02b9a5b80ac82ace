//! The users, and what axum-login asks of them. In memory: an application has a table.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum_login::{AuthUser, AuthnBackend};
use integration_axum::{Authorized, Error};

/// A user of the application.
#[derive(Clone, Debug)]
pub(crate) struct User {
    /// The client and the subject: who it is, whatever the name.
    pub(crate) id: String,
    pub(crate) name: String,
}

impl AuthUser for User {
    type Id = String;

    fn id(&self) -> String {
        self.id.clone()
    }

    /// Nothing of a user ends sessions here, as a changed password would.
    fn session_auth_hash(&self) -> &[u8] {
        self.id.as_bytes()
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Users(Arc<Mutex<HashMap<String, User>>>);

impl AuthnBackend for Users {
    type User = User;
    type Credentials = Authorized;
    type Error = Error;

    /// The user of a finished login, a new one if need be.
    async fn authenticate(&self, login: Authorized) -> Result<Option<User>, Error> {
        let user = login.userinfo().await?;
        // Where the protocol has issuers, a subject is one's own among the issuer's.
        let realm = login.claims().map_or(login.client().name(), |claims| claims.iss());
        let id = format!("{realm} {}", user.sub());
        login.save_for(&id).await?;
        let user = User { name: user.name().unwrap_or("you").to_owned(), id: id.clone() };
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        users.insert(id, user.clone());
        Ok(Some(user))
    }

    async fn get_user(&self, id: &String) -> Result<Option<User>, Error> {
        let users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(users.get(id).cloned())
    }
}

/// Why a session could not be begun or ended.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Of the login: an answer by itself.
    Login(Error),
    /// Of the session store.
    Session(String),
}

impl Failed {
    pub(crate) fn of(error: axum_login::Error<Users>) -> Self {
        match error {
            axum_login::Error::Backend(error) => Failed::Login(error),
            axum_login::Error::Session(error) => Failed::Session(error.to_string()),
        }
    }
}

impl From<&str> for Failed {
    fn from(problem: &str) -> Self {
        Failed::Session(problem.to_owned())
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failed::Login(error) => error.fmt(f),
            Failed::Session(problem) => f.write_str(problem),
        }
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        match self {
            Failed::Login(error) => error.into_response(),
            Failed::Session(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}
