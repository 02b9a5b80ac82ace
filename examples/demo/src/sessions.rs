//! Who is signed in: in memory, bounded. An application has a session store of its own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use client_registry::{Check, Token, UserInfo};
use protocol_core::{random, secret};

use crate::routes::cookie;

/// Somebody who is signed in.
pub(crate) struct User {
    pub(crate) client: String,
    pub(crate) title: String,
    pub(crate) protocol: &'static str,
    pub(crate) info: UserInfo,
    pub(crate) checks: Vec<Check>,
    pub(crate) token: Token,
}

#[derive(Default)]
pub(crate) struct Sessions(Mutex<VecDeque<(String, Arc<User>)>>);

impl Sessions {
    /// Keeps the user; the Set-Cookie line that tells the browser. The oldest session goes where
    /// there are too many.
    pub(crate) fn begin(&self, user: User) -> String {
        let id = random::token();
        let mut all = self.lock();
        if all.len() >= MOST {
            all.pop_front();
        }
        all.push_back((id.clone(), Arc::new(user)));
        format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax")
    }

    pub(crate) fn find(&self, headers: &HeaderMap) -> Option<Arc<User>> {
        let id = cookie(headers, COOKIE)?;
        let all = self.lock();
        let found = all.iter().find(|(known, _)| secret::ct_eq(known.as_bytes(), id.as_bytes()));
        found.map(|(_, user)| user.clone())
    }

    /// Ends the session; the Set-Cookie line that makes the browser forget it.
    pub(crate) fn end(&self, headers: &HeaderMap) -> String {
        if let Some(id) = cookie(headers, COOKIE) {
            self.lock().retain(|(known, _)| !secret::ct_eq(known.as_bytes(), id.as_bytes()));
        }
        format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(String, Arc<User>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const COOKIE: &str = "demo-session";
const MOST: usize = 1000;
