//! Building, binding and steering the provider.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::uri::Authority;
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::state::{App, Provider, Store};
use crate::{Client, User, api, authorize, interaction, logout, oauth1, oidc, pages, token, web};

/// The provider; see the crate's documentation.
#[derive(Debug)]
pub struct DemoProvider;

impl DemoProvider {
    /// A provider without clients, where everybody can log in.
    pub fn builder() -> Builder {
        Builder {
            clients: Vec::new(),
            users: Vec::new(),
            access_token_lifetime: Duration::from_secs(3600),
        }
    }
}

/// What the provider begins with.
#[derive(Clone, Debug)]
pub struct Builder {
    clients: Vec<Client>,
    users: Vec<User>,
    access_token_lifetime: Duration,
}

impl Builder {
    /// With one more client.
    #[must_use]
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// With a user whose profile differs from [`User::new`]'s. Other names can log in all the same.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// With access tokens that are good for so long, in whole seconds; default: an hour.
    #[must_use]
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.access_token_lifetime = lifetime;
        self
    }

    /// Serves on this port of 127.0.0.1, or on a free one for 0, until [`Running`] is dropped.
    ///
    /// # Errors
    /// Those of [`Builder::bind_to`].
    pub async fn bind(self, port: u16) -> io::Result<Running> {
        self.bind_to((Ipv4Addr::LOCALHOST, port).into()).await
    }

    /// Serves on this address, which must be a loopback address.
    ///
    /// # Errors
    /// `InvalidInput` for an address that others could reach; else what binding the socket or
    /// making the keys says.
    pub async fn bind_to(self, address: SocketAddr) -> io::Result<Running> {
        if !address.ip().is_loopback() {
            let problem = format!("expected a loopback address, got {}", address.ip());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;

        let mut store = Store::new(self.access_token_lifetime);
        store.users = self.users.into_iter().map(|user| (user.username.clone(), user)).collect();
        let app = Provider::new(address.port(), format!("http://{address}"), store);
        for client in self.clients {
            add_client(&app, client)?;
        }

        let (stop, stopped) = oneshot::channel::<()>();
        let server = axum::serve(listener, router(&app))
            // A sender that was dropped says stop as well.
            .with_graceful_shutdown(async { drop(stopped.await) });
        let task = tokio::spawn(async { server.await });
        Ok(Running { app, stop, task })
    }
}

/// A provider at work. Dropping it stops it.
pub struct Running {
    app: App,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("issuer", &self.app.issuer).finish_non_exhaustive()
    }
}

impl Running {
    /// The issuer identifier, `http://127.0.0.1:PORT`.
    pub fn issuer(&self) -> &str {
        &self.app.issuer
    }

    /// What paths are appended to; the same text as the issuer.
    pub fn base_url(&self) -> &str {
        &self.app.issuer
    }

    /// Stops serving; returns when the port is free again.
    pub async fn shutdown(self) {
        let Running { stop, mut task, .. } = self;
        drop(stop);
        // Whoever still holds a connection open after that is not waited for.
        if tokio::time::timeout(Duration::from_secs(1), &mut task).await.is_err() {
            task.abort();
        }
    }

    /// Adds a client, or replaces the one with the same client id.
    ///
    /// # Errors
    /// If there is no key for its `id_token_signed_response_alg`: an HMAC algorithm and a short secret.
    pub fn add_client(&self, client: Client) -> io::Result<()> {
        add_client(&self.app, client)
    }

    /// Signs with new keys under new key ids from now on. The keys before stay published, those
    /// before them do not.
    ///
    /// # Errors
    /// If no key can be made.
    pub fn rotate_keys(&self) -> io::Result<()> {
        let rotated = self.app.store().keys.rotated().map_err(io::Error::other)?;
        self.app.store().keys = rotated;
        Ok(())
    }

    /// Answers 503 to everything while `down`.
    pub fn set_down(&self, down: bool) {
        self.app.store().down = down;
    }

    /// While a user name is given, `/authorize` and `/oauth1/authorize` ask nobody and send the
    /// browser back at once, as that user.
    pub fn set_auto_approve(&self, username: Option<&str>) {
        self.app.store().auto_approve = username.map(str::to_owned);
    }

    /// How long the access tokens issued from now on are good, in whole seconds.
    pub fn set_access_token_lifetime(&self, lifetime: Duration) {
        self.app.store().access_token_lifetime = lifetime;
    }

    /// Breaks something on purpose, one thing at a time; `None` mends it.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.app.store().fault = fault;
    }

    /// What a provider would tell this client if all of the user's sessions were ended: a logout token
    /// without `sid` (OpenID Connect Back-Channel Logout). It is up to the caller to tell it.
    ///
    /// # Errors
    /// `NotFound` for a client that is not known; if it cannot be signed.
    pub fn logout_token(&self, client_id: &str, username: &str) -> io::Result<String> {
        let store = self.app.store();
        let client = store.clients.get(client_id).ok_or(io::ErrorKind::NotFound)?;
        oidc::logout_token(self.issuer(), &store, client, username, None)
            .map_err(|_| io::Error::other("it cannot be signed"))
    }

    /// How many requests came to this path, however they were answered.
    pub fn requests(&self, path: &str) -> u64 {
        self.app.store().requests.get(&path.to_owned()).copied().unwrap_or_default()
    }
}

/// What a provider should never do, and a client must refuse or survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// ID tokens carry another nonce than was sent.
    WrongNonce,
    /// ID tokens name another issuer.
    WrongIssuer,
    /// ID tokens expired an hour ago.
    ExpiredIdToken,
    /// ID tokens are about another user; also those that come with a refresh.
    OtherSubject,
    /// The callback's `iss` is another issuer (RFC 9207 §2.4).
    CallbackIssWrong,
    /// The callback has no `iss`, though the metadata promises it.
    CallbackIssAbsent,
    /// A temporary token does not say `oauth_callback_confirmed=true` (RFC 5849 §2.1).
    CallbackUnconfirmed,
    /// `/userinfo` speaks of another user (OIDC Core §5.3.2).
    UserinfoOtherSubject,
    /// This path answers 307, to `/elsewhere` on another origin of this provider.
    Redirect(&'static str),
    /// This path answers 503.
    Unavailable(&'static str),
}

fn add_client(app: &App, client: Client) -> io::Result<()> {
    let mut store = app.store();
    store.keys.ensure(&client).map_err(io::Error::other)?;
    store.clients.insert(client.client_id.clone(), client);
    Ok(())
}

fn router(app: &App) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/.well-known/openid-configuration", get(oidc::metadata))
        .route("/.well-known/oauth-authorization-server", get(oidc::metadata))
        .route("/jwks", get(oidc::jwks))
        .route("/authorize", get(authorize::authorize).post(authorize::authorize))
        .route("/interaction", get(interaction::show))
        .route("/login", post(interaction::login))
        .route("/consent", post(interaction::consent))
        .route("/token", post(token::token))
        .route("/revoke", post(token::revoke))
        .route("/logout", get(logout::by_query).post(logout::by_form))
        .route("/userinfo", get(oidc::userinfo).post(oidc::userinfo))
        .route("/api/user", get(api::user))
        .route("/api/notes", get(api::notes))
        .route("/oauth1/request_token", post(oauth1::request_token))
        .route("/oauth1/authorize", get(oauth1::authorize))
        .route("/oauth1/access_token", post(oauth1::access_token))
        .route("/oauth1/profile", get(oauth1::profile).post(oauth1::profile))
        // Where the APIs of two that everybody knows have the same.
        .route("/google/oauth2/v3/userinfo", get(oidc::userinfo))
        .route("/twitter/account/verify_credentials.json", get(oauth1::profile))
        .layer(middleware::from_fn_with_state(app.clone(), gate))
        .layer(DefaultBodyLimit::max(64 * 1024))
        .with_state(app.clone())
}

async fn home(State(app): State<App>) -> Response {
    pages::home(&app.issuer)
}

/// What comes before every endpoint: the count, the check that the browser means this machine (a
/// name that was made to resolve to loopback is refused), outages and redirects on purpose.
async fn gate(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let early = {
        let mut store = app.store();
        match store.requests.get_mut(&path) {
            Some(count) => *count += 1,
            None => store.requests.insert(path.clone(), 1),
        }
        match store.fault {
            _ if !is_this_machine(host.unwrap_or_default()) => {
                Some(StatusCode::MISDIRECTED_REQUEST.into_response())
            }
            _ if store.down => Some(StatusCode::SERVICE_UNAVAILABLE.into_response()),
            Some(Fault::Unavailable(at)) if at == path => {
                Some(StatusCode::SERVICE_UNAVAILABLE.into_response())
            }
            Some(Fault::Redirect(at)) if at == path => {
                let to = format!("http://localhost:{}/elsewhere", app.port);
                let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
                web::insert(&mut response, header::LOCATION, &to);
                Some(response)
            }
            _ => None,
        }
    };
    let mut response = match early {
        Some(response) => response,
        None => next.run(request).await,
    };
    if !response.headers().contains_key(header::CACHE_CONTROL) {
        web::insert(&mut response, header::CACHE_CONTROL, "no-store");
    }
    response
}

fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
