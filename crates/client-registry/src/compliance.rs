//! Compliance fixes: closures that mend what one provider gets wrong and no [`Quirk`](crate::Quirk)
//! has a name for.
//!
//! | hook | runs on | may see |
//! |---|---|---|
//! | [`access_token_request`](ComplianceFix::access_token_request) | the exchange of a code, client credentials; the third leg of OAuth 1.0 | code, verifier, client secret |
//! | [`access_token_response`](ComplianceFix::access_token_response) | their answers | all tokens |
//! | [`refresh_token_request`](ComplianceFix::refresh_token_request) | a refresh | refresh token, client secret |
//! | [`refresh_token_response`](ComplianceFix::refresh_token_response) | its answer | all tokens |
//! | [`protected_request`](ComplianceFix::protected_request) | API calls with a token or signature, UserInfo and profile requests | no secret of ours, but whatever the call itself holds |
//! | [`userinfo_response`](ComplianceFix::userinfo_response) | answers with a user's claims or profile | what the provider tells of the user |
//!
//! The order is fixed. A hook on a token request runs last, on the request as it is to be sent: a
//! request of OAuth 1.0 is signed by then, so that only its headers may change. `protected_request`
//! runs before the token is put on and the signature made. A hook on an answer runs first, before
//! anything is read by the client's quirks and rules; what it leaves is checked like any answer.
//! Hooks of one kind run in the order in which they were added, each on what the one before left.
//!
//! The first error ends the exchange, and is what the caller gets: keep secrets out of it. A hook
//! that sends a request to another origin ends it too ([`Error::Config`]). Hooks run on the
//! caller's thread: they must not block.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Request, Response, Uri};
use protocol_core::{Error, Flow, Input, Step, UnixTime, json, percent};
use serde_json::{Map, Value};

use crate::body::Body;
use crate::token_placement::is_form;

/// The compliance fixes of one client; see the [module](crate::compliance).
///
/// ```
/// use client_registry::{ComplianceFix, Provider, compliance};
///
/// // A provider that wants its own parameter in refreshes, and calls the access token "token".
/// let fix = ComplianceFix::new()
///     .refresh_token_request(|request| {
///         compliance::edit_form(request, |form| form.push(("tenant".into(), "main".into())))
///     })
///     .access_token_response(|answer| {
///         compliance::edit_json(answer, |members| {
///             if let Some(token) = members.remove("token") {
///                 members.insert("access_token".into(), token);
///             }
///         })
///     });
/// let provider = Provider::new().compliance_fix(fix);
/// # let _ = provider;
/// ```
#[derive(Clone, Default)]
pub struct ComplianceFix(Option<Arc<Hooks>>);

/// The hooks by kind, each in the order in which they were added.
#[derive(Clone, Default)]
struct Hooks {
    access_token_request: Vec<OnRequest>,
    access_token_response: Vec<OnAnswer>,
    refresh_token_request: Vec<OnRequest>,
    refresh_token_response: Vec<OnAnswer>,
    protected_request: Vec<OnHead>,
    userinfo_response: Vec<OnAnswer>,
}

type OnRequest = Arc<dyn Fn(&mut Request<Vec<u8>>) -> Result<(), Error> + Send + Sync>;
type OnAnswer = Arc<dyn Fn(&mut Response<Vec<u8>>) -> Result<(), Error> + Send + Sync>;
type OnHead = Arc<dyn Fn(&mut Parts) -> Result<(), Error> + Send + Sync>;

macro_rules! hooks {
    ($($(#[doc = $doc:literal])* $name:ident($($over:tt)*);)*) => {
        impl ComplianceFix {
            $($(#[doc = $doc])*
            #[must_use]
            pub fn $name(
                mut self,
                hook: impl Fn(&mut $($over)*) -> Result<(), Error> + Send + Sync + 'static,
            ) -> Self {
                self.hooks_mut().$name.push(Arc::new(hook));
                self
            })*

            /// These, then those of `other`.
            pub(crate) fn and(mut self, other: ComplianceFix) -> Self {
                let Some(more) = &other.0 else { return self };
                if self.0.is_none() {
                    return other;
                }
                let own = self.hooks_mut();
                $(own.$name.extend(more.$name.iter().cloned());)*
                self
            }

            fn counts(&self) -> Vec<(&'static str, usize)> {
                let counts = |hooks: &Arc<Hooks>| vec![$((stringify!($name), hooks.$name.len()),)*];
                self.0.as_ref().map(counts).unwrap_or_default()
            }
        }
    };
}

hooks! {
    /// Changes a request for a token before it is sent: path, query, headers, body.
    access_token_request(Request<Vec<u8>>);
    /// Changes the answer to a request for a token before it is read.
    access_token_response(Response<Vec<u8>>);
    /// Changes a refresh before it is sent.
    refresh_token_request(Request<Vec<u8>>);
    /// Changes the answer to a refresh before it is read.
    refresh_token_response(Response<Vec<u8>>);
    /// Changes the head of a request to the provider's API, its UserInfo endpoint among it, before
    /// the token is put on: method, path, query, headers. It runs anew where a redirect is followed
    /// and where the token goes along.
    protected_request(Parts);
    /// Changes the answer of the UserInfo endpoint, or another profile, before it is read.
    userinfo_response(Response<Vec<u8>>);
}

/// Edits the form in the body of a request: pairs in their order.
///
/// # Errors
/// [`Error::Config`] where the body is no form.
pub fn edit_form(
    request: &mut Request<Vec<u8>>,
    edit: impl FnOnce(&mut Vec<(String, String)>),
) -> Result<(), Error> {
    if !is_form(request.headers()) {
        return Err(Error::config("compliance fix", "expected a request with a form as body"));
    }
    let mut pairs: Vec<_> = percent::form_pairs(request.body())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    edit(&mut pairs);
    *request.body_mut() = percent::form_body(pairs).into_bytes();
    Ok(())
}

/// Edits the JSON object in the body of an answer.
///
/// # Errors
/// [`Error::Protocol`] (`not_json`) where the body is no JSON object.
pub fn edit_json(
    answer: &mut Response<Vec<u8>>,
    edit: impl FnOnce(&mut Map<String, Value>),
) -> Result<(), Error> {
    let mut members = json::object(answer.body()).map_err(|error| {
        Error::protocol("not_json", "answer", "a JSON object to mend", error.to_string())
    })?;
    edit(&mut members);
    *answer.body_mut() = Value::Object(members).to_string().into_bytes();
    Ok(())
}

impl ComplianceFix {
    /// No fix yet.
    pub fn new() -> Self {
        ComplianceFix::default()
    }

    /// A request for a token, and its answer, mended.
    pub(crate) fn token<F: Flow>(&self, flow: F) -> Fixed<'_, F> {
        let before = self.all(|hooks| &hooks.access_token_request);
        let after = self.all(|hooks| &hooks.access_token_response);
        Fixed { flow, before: Before::Send("access_token_request", before), after }
    }

    /// A refresh, and its answer, mended.
    pub(crate) fn refresh<F: Flow>(&self, flow: F) -> Fixed<'_, F> {
        let before = self.all(|hooks| &hooks.refresh_token_request);
        let after = self.all(|hooks| &hooks.refresh_token_response);
        Fixed { flow, before: Before::Send("refresh_token_request", before), after }
    }

    /// A request to the UserInfo endpoint, and its answer, mended.
    pub(crate) fn userinfo<F: Flow>(&self, flow: F) -> Fixed<'_, F> {
        let before = Before::Authorise(self.all(|hooks| &hooks.protected_request));
        Fixed { flow, before, after: self.all(|hooks| &hooks.userinfo_response) }
    }

    /// Mends a call of the API that is not authorised yet.
    pub(crate) fn protected(&self, request: &mut Request<Body>) -> Result<(), Error> {
        protect(self.all(|hooks| &hooks.protected_request), request)
    }

    /// Mends a profile.
    pub(crate) fn profile(&self, answer: &mut Response<Vec<u8>>) -> Result<(), Error> {
        self.all(|hooks| &hooks.userinfo_response).iter().try_for_each(|hook| hook(answer))
    }

    fn all<T>(&self, kind: fn(&Hooks) -> &Vec<T>) -> &[T] {
        self.0.as_deref().map_or(&[], |hooks| kind(hooks))
    }

    fn hooks_mut(&mut self) -> &mut Hooks {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

/// A conversation with hooks around it.
pub(crate) struct Fixed<'a, F> {
    flow: F,
    before: Before<'a>,
    after: &'a [OnAnswer],
}

enum Before<'a> {
    /// On the request as it is to be sent.
    Send(&'static str, &'a [OnRequest]),
    /// On its head, without the token.
    Authorise(&'a [OnHead]),
}

impl<F: Flow> Flow for Fixed<'_, F> {
    type Output = F::Output;

    fn step(&mut self, input: Input, now: UnixTime) -> Result<Step<F::Output>, Error> {
        let input = match input {
            Input::Response(mut answer) => {
                self.after.iter().try_for_each(|hook| hook(&mut answer))?;
                Input::Response(answer)
            }
            other => other,
        };
        match self.flow.step(input, now)? {
            Step::Send(mut request) => {
                match &self.before {
                    Before::Send(name, hooks) => {
                        let uri = request.uri().clone();
                        hooks.iter().try_for_each(|hook| hook(&mut request))?;
                        stays(name, &uri, request.uri())?;
                    }
                    Before::Authorise(hooks) => protect(hooks, &mut request)?,
                }
                Ok(Step::Send(request))
            }
            step => Ok(step),
        }
    }
}

/// Runs the hooks on the head of a request, out of sight of its token.
fn protect<B: Default>(hooks: &[OnHead], request: &mut Request<B>) -> Result<(), Error> {
    if hooks.is_empty() {
        return Ok(());
    }
    let token = request.headers_mut().remove(AUTHORIZATION);
    let (mut head, body) = std::mem::take(request).into_parts();
    let uri = head.uri.clone();
    hooks.iter().try_for_each(|hook| hook(&mut head))?;
    stays("protected_request", &uri, &head.uri)?;
    *request = Request::from_parts(head, body);
    if let Some(token) = token {
        request.headers_mut().insert(AUTHORIZATION, token);
    }
    Ok(())
}

/// Refuses a request that a hook has turned to another origin: it carries secrets.
fn stays(hook: &str, before: &Uri, after: &Uri) -> Result<(), Error> {
    if (before.scheme(), before.authority()) == (after.scheme(), after.authority()) {
        return Ok(());
    }
    let host = |uri: &Uri| uri.host().unwrap_or("none").to_owned();
    let problem = format!("expected to stay with {}, got {}", host(before), host(after));
    Err(Error::config(format!("compliance fix {hook}"), problem))
}

/// Shows how many hooks of each kind there are.
impl std::fmt::Debug for ComplianceFix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let some = self.counts().into_iter().filter(|(_, count)| *count > 0);
        f.debug_map().entries(some).finish()
    }
}
