//! What a callback brought, before it is known to belong to a login.

use protocol_core::{Error, Reason};

/// A request to a callback address, as it came. Making one never fails: what is wrong with it is
/// told by [`Client::authorize_access_token`](crate::Client::authorize_access_token), so that no
/// adapter refuses a callback in words of its own.
#[derive(Clone)]
pub struct Callback(pub(crate) Kind);

#[derive(Clone)]
pub(crate) enum Kind {
    Query(String),
    Form { content_type: Option<String>, body: Vec<u8> },
    Wrong(Error),
}

impl Callback {
    /// The most that a form body or a query may hold, in bytes. A longer one is not read.
    pub const FORM_LIMIT: usize = 64 * 1024;

    /// A request by `method`, with the query of its address (without `?`), its media type, and its
    /// body if it came whole and is within [`Callback::FORM_LIMIT`]. By GET the query counts, by POST
    /// the body; no other method is a callback, HEAD included.
    pub fn request(
        method: &str,
        query: &str,
        content_type: Option<&str>,
        body: Option<&[u8]>,
    ) -> Self {
        match (method, body) {
            ("GET", _) => Callback::query(query),
            ("POST", Some(body)) => Callback::form(content_type, body),
            ("POST", None) => {
                let problem = "a body that is over 64 KiB, or broke off";
                Callback::wrong(Reason::MalformedCallback(problem))
            }
            _ => Callback::wrong(Reason::MalformedCallback("a method other than GET and POST")),
        }
    }

    /// A GET: the query of its address, without `?`.
    pub fn query(query: &str) -> Self {
        if let Err(error) = within_limit(query.len()) {
            return Callback(Kind::Wrong(error));
        }
        Callback(Kind::Query(query.to_owned()))
    }

    /// A POST (`response_mode=form_post`): its media type and body.
    pub fn form(content_type: Option<&str>, body: &[u8]) -> Self {
        if let Err(error) = within_limit(body.len()) {
            return Callback(Kind::Wrong(error));
        }
        let content_type = content_type.map(str::to_owned);
        Callback(Kind::Form { content_type, body: body.to_owned() })
    }

    /// A request that is no callback: another method, a body over [`Callback::FORM_LIMIT`], one that
    /// broke off.
    pub fn wrong(error: impl Into<Error>) -> Self {
        Callback(Kind::Wrong(error.into()))
    }
}

fn within_limit(length: usize) -> Result<(), Error> {
    if length > Callback::FORM_LIMIT {
        return Err(Reason::MalformedCallback("more than 64 KiB").into());
    }
    Ok(())
}

/// Shows how it came.
impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Kind::Query(_) => f.write_str("Callback(query)"),
            Kind::Form { .. } => f.write_str("Callback(form)"),
            Kind::Wrong(error) => write!(f, "Callback({error})"),
        }
    }
}
