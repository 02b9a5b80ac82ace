//! The registry: names to clients.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use protocol_core::{Endpoint, Error};

use crate::cache::{Cache, MemoryCache};
use crate::client::{Client, Registered};
use crate::clients::{Clients, Table};
use crate::clock::Clock;
use crate::config::{Config, OAuth1, OAuth2, Protocol};
use crate::http::{HttpClient, Transport};
use crate::interned::Interned;
use crate::issuer::Issuers;
use crate::lazy::Handle;
use crate::login::pending::local_path;
use crate::login::{ReplaySet, Seal};
use crate::provider::Provider;
use crate::providers;
use crate::sign_in::SignIn;
use crate::sources::{Layers, Source};
use crate::token::Token;
use crate::tokens::{
    Backend, FetchToken, Lease, TokenStore, TokenUpdate, TokenUpdates, Tokens, UpdateToken,
    fetch_closure, update_closure,
};

/// Clients by name. Cheap to clone; clones are the same registry.
#[derive(Clone)]
pub struct Registry(pub(crate) Arc<Handle>);

pub(crate) struct Inner {
    clients: ArcSwap<Table>,
    /// Held by whoever changes the clients.
    editing: Mutex<()>,
    /// The settings of clients that are registered later.
    sources: Layers,
    issuers: Issuers,
    /// What clients of OAuth 1.0 and 2.0 have in common, by their settings.
    shapes: (Interned<[u8; 32], OAuth1>, Interned<[u8; 32], OAuth2>),
    /// How the HTTP client is made of a client that wants one of its own.
    http_for: Option<HttpFor>,
    /// Those that were made.
    made_http: Mutex<Vec<(Transport, Weak<dyn HttpClient>)>>,
    public_url: Option<Endpoint>,
    callback_path: String,
    warnings: Vec<String>,
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) clock: Clock,
    /// What is kept for a while, for whoever keeps something.
    pub(crate) cache: Arc<dyn Cache>,
    /// Whether logins under way are in the cache, and not in their browsers' cookies.
    pub(crate) logins_in_cache: bool,
    /// How long a login may take.
    pub(crate) login_life: Duration,
    /// Logins that have been finished, so that a kept copy of a cookie finishes none twice.
    pub(crate) finished: ReplaySet,
    pub(crate) tokens: Tokens,
    pub(crate) sign_in: SignIn,
}

impl Registry {
    /// Begins a registry.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The client of that name, bound to no request: it can make authorization URLs and call APIs
    /// with a token that is given. For the login routes, ask a [`Session`](crate::Session).
    ///
    /// # Errors
    /// [`Error::UnknownClient`].
    pub fn client(&self, name: &str) -> Result<Client, Error> {
        self.registered(name).map(|registered| Client::new(self.clone(), registered, None))
    }

    pub(crate) fn registered(&self, name: &str) -> Result<Arc<Registered>, Error> {
        let clients = self.ready()?.clients.load();
        clients.find(name).cloned().ok_or_else(|| Error::UnknownClient(shown(name)))
    }

    /// The names of all clients, sorted, each with what to show people.
    pub fn names(&self) -> Vec<(String, String)> {
        let named =
            |name: &str, title: Option<&str>| (name.to_owned(), title.unwrap_or(name).to_owned());
        let early = self.before_init(|early| {
            early.iter().map(|(name, provider)| named(name, provider.shown_title())).collect()
        });
        early.unwrap_or_else(|| {
            let clients = self.0.clients.load();
            let mut names: Vec<_> =
                clients.iter().map(|client| named(&client.name, Some(&client.title))).collect();
            names.sort_unstable();
            names
        })
    }

    /// Registers a provider under a name, while others use the registry. True if it replaces a
    /// client of that name; see [`Clients::register`].
    ///
    /// # Errors
    /// As for [`Builder::build`].
    pub fn register(&self, name: impl Into<String>, provider: &Provider) -> Result<bool, Error> {
        let name = name.into();
        match self.before_init(|early| early.insert(name.clone(), provider.clone()).is_some()) {
            Some(replaced) => Ok(replaced),
            None => self.update(|clients| clients.register(name, provider)),
        }
    }

    /// Takes a client out. False if there is none of that name. Logins under way cannot be
    /// finished; tokens that are kept stay.
    pub fn unregister(&self, name: &str) -> bool {
        self.before_init(|early| early.remove(name).is_some()).unwrap_or_else(|| {
            self.update(|clients| Ok(clients.unregister(name))).unwrap_or_default()
        })
    }

    /// Changes several clients at once: whoever looks meanwhile sees all of them as they were, then
    /// all as they are. Where `change` fails, nothing is changed. What is known of issuers stays.
    ///
    /// One change waits for the other; `change` is not to make one of its own by this method.
    ///
    /// ```
    /// # use client_registry::{Error, Registry, providers};
    /// # fn rotated(registry: &Registry, secret: &str) -> Result<(), Error> {
    /// registry.update(|clients| {
    ///     clients.unregister("google-old");
    ///     clients.register("google", &providers::google().client_id("id").client_secret(secret))
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What `change` says; [`Error::Config`] before [`Registry::init`].
    pub fn update<T>(
        &self,
        change: impl FnOnce(&mut Clients<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let inner = self.ready()?;
        let _editing = inner.editing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut clients = Clients::of(inner, Table::clone(&inner.clients.load()));
        let output = change(&mut clients)?;
        inner.clients.store(Arc::new(clients.into_table()));
        Ok(output)
    }

    /// Where the provider is to send the user back to: the callback path under the public URL. It
    /// never looks at the request, so a proxy in front changes nothing.
    ///
    /// # Errors
    /// [`Error::UnknownClient`], or [`Error::Config`] without a `public_url`.
    pub fn callback_url(&self, name: &str) -> Result<String, Error> {
        self.registered(name)?;
        self.under_public_url(&self.0.callback_path.replace("{name}", name))
    }

    /// An address of the application: a path of its own under the public URL.
    ///
    /// # Errors
    /// [`Reason::NotALocalPath`](protocol_core::Reason) for anything but a local path;
    /// [`Error::Config`] without a `public_url`.
    pub fn url(&self, path: &str) -> Result<String, Error> {
        self.under_public_url(&local_path(path)?)
    }

    /// The path of the public URL.
    pub(crate) fn base_path(&self) -> String {
        self.0.public_url.as_ref().map_or("/".to_owned(), |url| url.uri().path().to_owned())
    }

    fn under_public_url(&self, path: &str) -> Result<String, Error> {
        let base = self.0.public_url.as_ref().ok_or_else(|| {
            Error::config("public_url", "expected the address that browsers use, got nothing")
        })?;
        Ok(format!("{}{path}", base.as_str().trim_end_matches('/')))
    }

    /// The path of [`Registry::callback_url`], `{name}` standing for the client's name.
    pub fn callback_path(&self) -> &str {
        &self.0.callback_path
    }

    /// Tells of refreshed tokens from now on; see [`TokenUpdates`] for what it may miss.
    pub fn token_updates(&self) -> TokenUpdates {
        TokenUpdates(self.0.tokens.signal.subscribe())
    }

    /// Waits until every refresh that has begun is finished and saved. No new one begins: calls
    /// whose token has expired fail from then on.
    pub async fn shutdown(&self) {
        self.0.tokens.shutdown().await;
    }

    /// Variables of the environment that nearly spell a key of a client. Each was also logged as a
    /// warning.
    pub fn warnings(&self) -> &[String] {
        &self.0.warnings
    }

    /// Whether a request may begin a login where only our own pages may ask: by its `Origin` and
    /// `Sec-Fetch-Site` headers, of which browsers send at least one with a POST. Pages under the
    /// referrer policy `no-referrer` post with `Origin: null`: then `Sec-Fetch-Site` alone decides.
    ///
    /// # Errors
    /// [`Reason::CrossSite`](protocol_core::Reason) for a request from another site, or one that
    /// says nothing of where it is from; [`Error::Config`] without a `public_url`.
    pub fn check_same_origin(
        &self,
        origin: Option<&str>,
        sec_fetch_site: Option<&str>,
    ) -> Result<(), Error> {
        let base = self.ready()?.public_url.as_ref().ok_or_else(|| {
            Error::config("public_url", "expected it, to know requests of our own pages by")
        })?;
        let ours = url::Url::parse(base.as_str()).is_ok_and(|base| {
            origin.is_some_and(|origin| base.origin().ascii_serialization() == origin)
        });
        let same = match (origin, sec_fetch_site) {
            (None | Some("null"), site) => site == Some("same-origin"),
            (Some(_), site) => ours && matches!(site, None | Some("same-origin")),
        };
        let from = origin.or(sec_fetch_site).unwrap_or("unknown");
        if same { Ok(()) } else { Err(protocol_core::Reason::CrossSite(shown(from)).into()) }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.names().into_iter().map(|(name, _)| name).collect();
        f.debug_struct("Registry").field("clients", &names).finish_non_exhaustive()
    }
}

impl Inner {
    /// The client that `provider` and the sources make under this name, and what looks like a
    /// mistake in the environment.
    pub(crate) fn client_of(
        &self,
        name: &str,
        provider: &Provider,
    ) -> Result<(Registered, Vec<String>), Error> {
        let of_client = |error| of_client(name, error);
        let (file, env, near_misses) = self.sources.of(name)?;
        let settings = provider.layered(file, Some(&env)).map_err(of_client)?;
        let mut config = Config::resolve(name, &settings)?;
        if let Some(shape) = settings.shape() {
            self.share(shape, &mut config.protocol);
        }
        let http = match &config.transport {
            plain if plain.is_plain() => None,
            transport => Some(self.http_by(transport).map_err(of_client)?),
        };
        let client =
            Registered::new(name, provider, config, http, &self.issuers).map_err(of_client)?;
        Ok((client, near_misses))
    }

    /// Takes what another client of that shape has already.
    fn share(&self, shape: [u8; 32], protocol: &mut Protocol) {
        match protocol {
            Protocol::OAuth1(own) => *own = self.shapes.0.at(shape, |_| own.clone()),
            // An assertion is made of the secret, which is the client's own.
            Protocol::OAuth2(own) if own.assertion.is_none() => {
                *own = self.shapes.1.at(shape, |_| own.clone());
            }
            Protocol::OAuth2(_) => {}
        }
    }

    /// The HTTP client of this proxy and certificate, the same for all who want it.
    fn http_by(&self, transport: &Transport) -> Result<Arc<dyn HttpClient>, Error> {
        let what = if transport.identity.is_some() { "certificate" } else { "proxy" };
        let make = self.http_for.as_ref().ok_or_else(|| {
            let problem =
                format!("expected Builder::http_for, which makes the HTTP client of a {what}");
            Error::config(what, problem)
        })?;
        let mut made = self.made_http.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|(_, http)| http.strong_count() > 0);
        let known = made.iter().find(|(known, _)| known.is_like(transport));
        if let Some(http) = known.and_then(|(_, http)| http.upgrade()) {
            return Ok(http);
        }
        let http = make(transport).map_err(|error| match error {
            Error::Config { what: part, problem } => {
                Error::config(format!("{what}: {part}"), problem)
            }
            other => other,
        })?;
        made.push((transport.clone(), Arc::downgrade(&http)));
        Ok(http)
    }
}

type HttpFor = Arc<dyn Fn(&Transport) -> Result<Arc<dyn HttpClient>, Error> + Send + Sync>;
type MakeHttp = fn(&Transport) -> Result<Arc<dyn HttpClient>, Error>;

/// What a registry is built from.
#[derive(Default)]
pub struct Builder {
    providers: BTreeMap<String, Provider>,
    sources: Vec<Source>,
    warnings: Vec<String>,
    public_url: Option<Endpoint>,
    callback_path: Option<String>,
    http: Option<Arc<dyn HttpClient>>,
    default_http: Option<MakeHttp>,
    http_for: Option<HttpFor>,
    clock: Clock,
    cache: Option<Arc<dyn Cache>>,
    token_store: Option<(Arc<dyn TokenStore>, Seal)>,
    fetch_token: Option<FetchToken>,
    update_token: Option<UpdateToken>,
    refresh_lease: Option<Duration>,
    refresh_lease_by: Option<Arc<dyn Lease>>,
    login_life: Option<Duration>,
    signed_in_life: Option<Duration>,
    signed_in_idle: Option<Duration>,
}

impl Builder {
    /// The address that browsers use for this application, with its base path if it has one:
    /// callback URLs are made from it.
    ///
    /// # Errors
    /// [`Error::Config`] unless it is https, or http on loopback.
    pub fn public_url(mut self, url: &str) -> Result<Self, Error> {
        let endpoint = Endpoint::parse("public_url", url)?;
        if url.contains('?') {
            return Err(Error::config("public_url", "expected no query"));
        }
        self.public_url = Some(endpoint);
        Ok(self)
    }

    /// The path of callbacks under the public URL. Default `/authorize/{name}`; `{name}` stands for
    /// the client's name. It begins with a slash and has no query.
    #[must_use]
    pub fn callback_path(mut self, path: impl Into<String>) -> Self {
        self.callback_path = Some(path.into());
        self
    }

    /// Adds a source of settings. A file's tables register clients by themselves, with the preset
    /// of that name if there is one.
    #[must_use]
    pub fn source(mut self, source: impl Into<Source>) -> Self {
        self.sources.push(source.into());
        self
    }

    /// Registers a provider under a name: letters, digits, `-` and `_`. A second one of the same
    /// name replaces the first, and is among the [warnings](Registry::warnings).
    #[must_use]
    pub fn register(mut self, name: impl Into<String>, provider: Provider) -> Self {
        let name = name.into();
        if self.providers.contains_key(&name) {
            self.warnings.push(format!("client {name:?} is registered twice: the second counts"));
        }
        self.providers.insert(name, provider);
        self
    }

    pub(crate) fn register_unless_there(self, name: &str, provider: &Provider) -> Self {
        match self.providers.contains_key(name) {
            true => self,
            false => self.register(name, provider.clone()),
        }
    }

    /// The HTTP client, with which every request is sent but those of clients with a `proxy` or a
    /// `certificate` of their own; for these see [`Builder::http_for`].
    #[must_use]
    pub fn http(mut self, http: impl HttpClient) -> Self {
        self.http = Some(Arc::new(http));
        self
    }

    /// How HTTP clients are made unless one is given, those of clients with a `proxy` or a
    /// `certificate` among them: for adapters that bring one along.
    #[must_use]
    pub fn default_http(
        mut self,
        make: fn(&Transport) -> Result<Arc<dyn HttpClient>, Error>,
    ) -> Self {
        self.default_http = Some(make);
        self
    }

    /// How the HTTP client is made of a client with a `proxy` or a `certificate` of its own; clients
    /// with the same one share it. Beside an HTTP client of your own such a client is refused without
    /// this: what you have set there should hold here as well. Where nothing is set there,
    /// `integration_reqwest::Client::for_transport` is one to give here.
    #[must_use]
    pub fn http_for(
        mut self,
        make: impl Fn(&Transport) -> Result<Arc<dyn HttpClient>, Error> + Send + Sync + 'static,
    ) -> Self {
        self.http_for = Some(Arc::new(make));
        self
    }

    /// The clock. Default: the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Keeps logins under way in `cache`, sealed; the browser's cookie then holds only the key to
    /// its login. Default: each login in a sealed cookie of its own, and nothing on our side.
    ///
    /// With a cache whose [`take`](Cache::take) is atomic, a login is finished at most once among
    /// all processes that share it. [`MemoryCache`] is for one process.
    #[must_use]
    pub fn cache(mut self, cache: impl Cache) -> Self {
        self.cache = Some(Arc::new(cache));
        self
    }

    /// Keeps tokens in `store`, sealed by `seal` for their client and user. Default: in memory.
    #[must_use]
    pub fn token_store(mut self, store: impl TokenStore, seal: Seal) -> Self {
        self.token_store = Some((Arc::new(store), seal));
        self
    }

    /// Takes tokens from wherever the application keeps them, by client and user, in place of a
    /// store; see also [`Provider::fetch_token`], for one client. Where several processes refresh,
    /// give them a lease ([`Builder::refresh_lease_by`]).
    #[must_use]
    pub fn fetch_token<F, Fut, E>(mut self, fetch: F) -> Self
    where
        F: Fn(String, String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<Token>, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.fetch_token = Some(fetch_closure(fetch));
        self
    }

    /// Is awaited with every refreshed token before anybody gets it. Beside a store it is told of
    /// what is saved already; beside [`Builder::fetch_token`] it is what saves, and is called again
    /// where it fails.
    #[must_use]
    pub fn update_token<F, Fut, E>(mut self, update: F) -> Self
    where
        F: Fn(TokenUpdate) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.update_token = Some(update_closure(update));
        self
    }

    /// How long a process that refreshes may go without a sign of life before another one takes
    /// over. Default 15 s.
    #[must_use]
    pub fn refresh_lease(mut self, life: Duration) -> Self {
        self.refresh_lease = Some(life);
        self
    }

    /// Refreshes take this lease, in place of the token store's: for processes on many machines
    /// whose tokens are in a store without one, or behind [`Builder::fetch_token`].
    #[must_use]
    pub fn refresh_lease_by(mut self, lease: impl Lease) -> Self {
        self.refresh_lease_by = Some(Arc::new(lease));
        self
    }

    /// How long a login may take, from the way to the provider to the callback. Default 1 h.
    #[must_use]
    pub fn login_life(mut self, life: Duration) -> Self {
        self.login_life = Some(life);
        self
    }

    /// How long a user stays signed in by [`Session::sign_in`](crate::Session::sign_in), in all;
    /// ended sign-ins are remembered as long. Default 12 h.
    #[must_use]
    pub fn signed_in_life(mut self, life: Duration) -> Self {
        self.signed_in_life = Some(life);
        self
    }

    /// Signs a user out who has not been seen for so long, or for three quarters of it; whoever is
    /// seen stays signed in, for [`signed_in_life`](Builder::signed_in_life) in all. Default: off.
    #[must_use]
    pub fn signed_in_idle(mut self, idle: Duration) -> Self {
        self.signed_in_idle = Some(idle);
        self
    }

    /// Builds the registry: every client's settings are read and checked now. Nothing is fetched.
    ///
    /// # Errors
    /// [`Error::Config`] naming the client, the key and where its value came from; two names that
    /// would share variables of the environment; no HTTP client.
    pub fn build(self) -> Result<Registry, Error> {
        self.inner().map(|inner| Registry(Arc::new(Handle::new(inner))))
    }

    pub(crate) fn inner(mut self) -> Result<Inner, Error> {
        let http = match (self.http.take(), self.default_http) {
            (Some(http), _) => http,
            (None, Some(make)) => {
                self.http_for.get_or_insert_with(|| Arc::new(make));
                make(&Transport::default())?
            }
            (None, None) => {
                let problem = "expected an HTTP client, got none; integration-reqwest has one";
                return Err(Error::config("http", problem));
            }
        };
        check_callback_path(self.callback_path.as_deref().unwrap_or(CALLBACK_PATH))?;
        if self.token_store.is_some() && self.fetch_token.is_some() {
            let problem = "expected either a token_store or fetch_token, got both";
            return Err(Error::config("tokens", problem));
        }
        let sources = Layers::new(std::mem::take(&mut self.sources))?;
        let mut providers = std::mem::take(&mut self.providers);
        for name in sources.tables() {
            providers
                .entry(name.clone())
                .or_insert_with(|| providers::by_name(name).unwrap_or_default());
        }
        let mut inner = Inner { sources, ..self.empty(http) };
        let mut table = Table::default();
        for (name, provider) in &providers {
            table.check_name(name)?;
            let (client, near_misses) = inner.client_of(name, provider)?;
            inner.warnings.extend(near_misses);
            table.insert(Arc::new(client));
        }
        inner.clients = ArcSwap::from_pointee(table);
        for warning in &inner.warnings {
            tracing::warn!("{warning}");
        }
        Ok(inner)
    }

    /// All but the clients.
    pub(crate) fn empty(self, http: Arc<dyn HttpClient>) -> Inner {
        let (backend, on_update) = match (self.token_store, self.fetch_token, self.update_token) {
            (Some((store, seal)), _, hook) => (Backend::Store { store, seal }, hook),
            (None, Some(fetch), update) => (Backend::Closures { fetch, update }, None),
            (None, None, hook) => (Backend::default(), hook),
        };
        let sign_in =
            SignIn::new(self.public_url.as_ref(), self.signed_in_life, self.signed_in_idle);
        Inner {
            clients: ArcSwap::default(),
            editing: Mutex::default(),
            sources: Layers::default(),
            issuers: Issuers::default(),
            shapes: Default::default(),
            http_for: self.http_for,
            made_http: Mutex::default(),
            public_url: self.public_url,
            callback_path: self.callback_path.unwrap_or_else(|| CALLBACK_PATH.to_owned()),
            warnings: self.warnings,
            http,
            clock: self.clock,
            logins_in_cache: self.cache.is_some(),
            cache: self.cache.unwrap_or_else(|| Arc::new(MemoryCache::new())),
            login_life: self.login_life.unwrap_or(LOGIN_LIFE),
            finished: ReplaySet::new(FINISHED_LOGINS),
            tokens: Tokens::new(backend, on_update, self.refresh_lease, self.refresh_lease_by),
            sign_in,
        }
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("providers", &self.providers).finish_non_exhaustive()
    }
}

/// The default of [`Builder::login_life`].
const LOGIN_LIFE: Duration = Duration::from_secs(3600);

/// How many finished logins are remembered against replay, at about 120 bytes each.
const FINISHED_LOGINS: usize = 100_000;

/// The default of [`Builder::callback_path`].
const CALLBACK_PATH: &str = "/authorize/{name}";

/// What follows the host in a URL must not become a part of it.
fn check_callback_path(path: &str) -> Result<(), Error> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'\\');
    if path.starts_with('/') && path.bytes().all(plain) {
        return Ok(());
    }
    let problem = format!("expected a path that begins with a slash, got {:?}", shown(path));
    Err(Error::config("callback_path", problem))
}

/// An error of what the client `name` was told, naming it.
fn of_client(name: &str, error: Error) -> Error {
    match error {
        Error::Config { what, problem } => {
            Error::config(format!("client {name:?}: {what}"), problem)
        }
        other => other,
    }
}

/// A text from outside, cut to what an error may hold.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}
