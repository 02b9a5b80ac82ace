//! The fairing that binds the registry and the cookies to each request.

use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use client_registry::{BoxFuture, Registry, Seal, Session};
use http::header::SET_COOKIE;
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::Method;
use rocket::{Build, Data, Request, Response, Rocket};

/// Binds a registry to the requests of an application. Handlers then take
/// [`OAuth`](crate::OAuth); the cookies of begun logins are read and set by the fairing, also on what
/// catchers answer.
///
/// A request that asks for no `OAuth` costs no allocation.
pub struct OAuthFairing(Shared);

#[derive(Clone)]
struct Shared {
    registry: Registry,
    seal: Seal,
    current_user: Option<CurrentUser>,
}

type CurrentUser = std::sync::Arc<dyn Fn(&Request<'_>) -> Option<String> + Send + Sync>;

impl OAuthFairing {
    /// The logins of `registry`, their cookies sealed by `seal`.
    pub fn new(registry: Registry, seal: Seal) -> Self {
        OAuthFairing(Shared { registry, seal, current_user: None })
    }

    /// How to tell who is signed in to the application, by a request's cookies or headers, say. API
    /// calls go with this user's token, unless another is named or a login was finished in the same
    /// request.
    #[must_use]
    pub fn current_user(
        mut self,
        user: impl Fn(&Request<'_>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.0.current_user = Some(std::sync::Arc::new(user));
        self
    }
}

impl std::fmt::Debug for OAuthFairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuthFairing").field("registry", &self.0.registry).finish_non_exhaustive()
    }
}

#[rocket::async_trait]
impl Fairing for OAuthFairing {
    fn info(&self) -> Info {
        let kind = Kind::Ignite | Kind::Request | Kind::Response | Kind::Singleton;
        Info { name: "logins by OAuth and OpenID Connect", kind }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        Ok(rocket.manage(self.0.clone()))
    }

    // `async` would box what these two hold, an allocation each for every request. The bounds are
    // those that it writes.

    #[rustfmt::skip]
    fn on_request<'s, 'q, 'u, 'd, 'v, 'f>(
        &'s self, request: &'q mut Request<'u>, _data: &'d mut Data<'v>,
    ) -> BoxFuture<'f, ()>
    where Self: 'f, 's: 'f, 'q: 'f, 'u: 'f, 'd: 'f, 'v: 'f {
        if request.method() == Method::Head {
            request.local_cache(|| CameAsHead);
        }
        Box::pin(Done)
    }

    #[rustfmt::skip]
    fn on_response<'r, 's, 'q, 'p, 'f>(
        &'s self, request: &'r Request<'q>, response: &'p mut Response<'r>,
    ) -> BoxFuture<'f, ()>
    where Self: 'f, 'r: 'f, 's: 'f, 'q: 'f, 'p: 'f {
        if let Some(session) = known::<Slot>(request).and_then(|slot| slot.0.get()) {
            add(&session.answer_headers(), response);
        }
        Box::pin(Done)
    }
}

/// A future that has nothing to wait for. A box of what has no size is no allocation.
struct Done;

impl Future for Done {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

fn add(ours: &http::HeaderMap, response: &mut Response<'_>) {
    for (name, value) in ours {
        let Ok(value) = value.to_str() else { continue }; // They are made of text.
        let (name, value) = (name.as_str().to_owned(), value.to_owned());
        match name == SET_COOKIE.as_str() {
            true => response.adjoin_raw_header(name, value),
            false => drop(response.set_raw_header(name, value)),
        };
    }
}

/// A request's place for its session, which is made when a handler first asks.
#[derive(Default)]
struct Slot(OnceLock<Session>);

/// Rocket has a GET route answer a HEAD, and tells its guards that the method were GET.
struct CameAsHead;

/// The method that the request came by.
pub(crate) fn method(request: &Request<'_>) -> &'static str {
    match known::<CameAsHead>(request) {
        Some(CameAsHead) => Method::Head.as_str(),
        None => request.method().as_str(),
    }
}

/// What the request's cache holds of a type already. To ask Rocket for it is to say what to put there
/// if it is not: here a future that never comes.
fn known<'r, T: Send + Sync + 'static>(request: &'r Request<'_>) -> Option<&'r T> {
    let found = pin!(request.local_cache_async(pending::<T>()));
    match found.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// The session of this request, if the application has the fairing.
pub(crate) fn session(request: &Request<'_>) -> Option<Session> {
    let Shared { registry, seal, current_user } = request.rocket().state()?;
    let read = || {
        let lines: Vec<_> = request.headers().get("cookie").map(str::to_owned).collect();
        // Rocket's own client for tests sends no header: its cookies are in the jar alone.
        let in_jar = || request.cookies().iter().map(|it| format!("{}={}", it.name(), it.value()));
        let lines = if lines.is_empty() { in_jar().collect() } else { lines };
        Session::new(registry, seal, lines)
    };
    let session = request.local_cache(Slot::default).0.get_or_init(read).clone();
    if let Some(user) = current_user.as_ref().and_then(|current_user| current_user(request)) {
        session.set_user(user);
    }
    Some(session)
}

/// Whether the application has the fairing.
pub(crate) fn is_attached<P: rocket::Phase>(rocket: &Rocket<P>) -> bool {
    rocket.state::<Shared>().is_some()
}
