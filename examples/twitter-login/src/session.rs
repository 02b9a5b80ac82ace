//! Who is signed in: a cookie of the application's own, sealed, good for a day.

use std::convert::Infallible;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::OptionalFromRequestParts;
use axum::http::header::{COOKIE, HeaderMap, HeaderName, SET_COOKIE};
use axum::http::request::Parts;
use integration_axum::{Seal, UserInfo};
use serde::{Deserialize, Serialize};

/// What the application keeps of a user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) sub: String,
    pub(crate) screen_name: Option<String>,
    pub(crate) name: Option<String>,
}

impl From<UserInfo> for User {
    fn from(info: UserInfo) -> Self {
        User {
            sub: info.sub().to_owned(),
            screen_name: info.preferred_username().map(str::to_owned),
            name: info.name().map(str::to_owned),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Sessions {
    seal: Seal,
    attributes: &'static str,
}

#[derive(Serialize, Deserialize)]
struct Session {
    user: User,
    until: u64,
}

impl Sessions {
    pub(crate) fn new(seal: Seal, public_url: &str) -> Self {
        let attributes = match public_url.starts_with("https://") {
            true => "Path=/; HttpOnly; SameSite=Lax; Secure",
            false => "Path=/; HttpOnly; SameSite=Lax",
        };
        Sessions { seal, attributes }
    }

    /// The header that signs the user in.
    pub(crate) fn begin(&self, user: &User) -> [(HeaderName, String); 1] {
        let session = Session { user: user.clone(), until: now() + DAY };
        let text = serde_json::to_vec(&session).expect("texts and a number are JSON");
        let sealed = self.seal.seal(NAME, &text);
        [(SET_COOKIE, format!("{NAME}={sealed}; Max-Age={DAY}; {}", self.attributes))]
    }

    /// The header that signs whoever it is out.
    pub(crate) fn end(&self) -> [(HeaderName, String); 1] {
        [(SET_COOKIE, format!("{NAME}=; Max-Age=0; {}", self.attributes))]
    }

    pub(crate) fn find(&self, headers: &HeaderMap) -> Option<User> {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split("; ")).filter_map(|c| c.split_once('='));
        let (_, sealed) = pairs.find(|(name, _)| *name == NAME)?;
        let session: Session = serde_json::from_slice(&self.seal.open(NAME, sealed)?).ok()?;
        (now() < session.until).then_some(session.user)
    }
}

impl OptionalFromRequestParts<Sessions> for User {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        sessions: &Sessions,
    ) -> Result<Option<Self>, Infallible> {
        Ok(sessions.find(&parts.headers))
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

const NAME: &str = "session";
const DAY: u64 = 86_400;
