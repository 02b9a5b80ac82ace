//! What is known of an issuer: its metadata and its keys, fetched when first needed, shared by all
//! clients of the issuer, renewed in one flight however many wait, and kept while the issuer fails.
//!
//! A flight is a task of its own: it ends, and serves all who wait for it, though the browser whose
//! login set it off has gone. When issuers are asked, and how often at most, [`Renewed`] decides.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oidc_core::IssuerRule;
use oidc_core::discovery::{self, ProviderMetadata};
use oidc_core::jwk::JwkSet;
use oidc_core::keys::{self, Missed, Next, Renewed};
use oidc_core::{Endpoint, Error, Fetched};
use protocol_core::StateError;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::clock::Clock;
use crate::driver::drive;
use crate::http::HttpClient;
use crate::interned::Interned;
use crate::telemetry::{span, traced};

/// The issuers of a registry, each known once, for as long as it has clients.
#[derive(Default)]
pub(crate) struct Issuers(Interned<Place, Issuer>);

/// Where an issuer's documents are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// The issuer as configured.
    pub(crate) issuer: Option<String>,
    /// The metadata's address, where it is not the issuer's well-known one.
    pub(crate) url: Option<Endpoint>,
    /// The keys' address, where settings name it: whoever names another one must not have keys put
    /// in place of the issuer's for the others.
    pub(crate) jwks_uri: Option<Endpoint>,
}

impl Place {
    /// What telemetry calls it by.
    fn name(&self) -> &str {
        let address = self.url.as_ref().map(Endpoint::as_str).unwrap_or_default();
        let address = address.split('?').next().unwrap_or_default();
        self.issuer.as_deref().unwrap_or(address)
    }
}

impl Issuers {
    /// The issuer at that place, the same for everyone who asks.
    pub(crate) fn at(&self, place: Place) -> Arc<Issuer> {
        self.0.at(place, |place| {
            let (metadata, keys) = (Arc::default(), Arc::default());
            Arc::new(Issuer { place: place.clone(), metadata, keys })
        })
    }
}

/// One issuer.
pub(crate) struct Issuer {
    place: Place,
    metadata: Arc<Shared<ProviderMetadata>>,
    keys: Arc<Shared<JwkSet>>,
}

impl Issuer {
    pub(crate) async fn metadata(
        &self,
        http: &Arc<dyn HttpClient>,
        clock: &Clock,
    ) -> Result<Arc<ProviderMetadata>, Error> {
        let fetch = || {
            let span = span!("discovery", issuer = self.place.name());
            let (place, http, clock) = (self.place.clone(), http.clone(), clock.clone());
            traced(span, async move {
                match (&place.url, &place.issuer) {
                    (None, Some(issuer)) => {
                        drive(discovery::discover(issuer)?, &*http, &clock).await
                    }
                    (Some(url), issuer) => {
                        let rule = issuer.as_deref().map(IssuerRule::exact);
                        drive(discovery::discover_at(url, rule.as_ref()), &*http, &clock).await
                    }
                    (None, None) => {
                        Err(Error::config("issuer", "expected it, or a server_metadata_url"))
                    }
                }
            })
        };
        self.metadata.value(clock, fetch).await
    }

    /// The keys, from `jwks_uri`.
    pub(crate) async fn keys(
        &self,
        jwks_uri: &Endpoint,
        http: &Arc<dyn HttpClient>,
        clock: &Clock,
    ) -> Result<Arc<JwkSet>, Error> {
        self.keys.value(clock, || self.fetch_keys(jwks_uri, http, clock)).await
    }

    /// The keys after `used` did not verify a token; `None` if there are no newer ones and it is
    /// not the time to ask.
    pub(crate) async fn keys_after_a_miss(
        &self,
        used: &Arc<JwkSet>,
        jwks_uri: &Endpoint,
        http: &Arc<dyn HttpClient>,
        clock: &Clock,
    ) -> Result<Option<Arc<JwkSet>>, Error> {
        self.keys.after_a_miss(used, clock, || self.fetch_keys(jwks_uri, http, clock)).await
    }

    fn fetch_keys(
        &self,
        jwks_uri: &Endpoint,
        http: &Arc<dyn HttpClient>,
        clock: &Clock,
    ) -> impl Future<Output = Result<Fetched<JwkSet>, Error>> + Send + use<> {
        let (flow, http, clock) = (keys::fetch_keys(jwks_uri), http.clone(), clock.clone());
        let span = span!("keys", issuer = self.place.name());
        traced(span, async move { drive(flow, &*http, &clock).await })
    }
}

/// A document that many ask for and one flight fetches.
struct Shared<T>(Mutex<State<T>>);

struct State<T> {
    kept: Renewed<T>,
    /// Why the last fetch failed, for those who come while it is not to be tried again.
    failure: Option<Error>,
    flight: Option<Flight<T>>,
}

type Outcome<T> = Result<Arc<T>, Error>;
type Flight<T> = watch::Receiver<Option<Outcome<T>>>;

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Shared(Mutex::new(State { kept: Renewed::new(), failure: None, flight: None }))
    }
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// The document. While the old one may still be used, whoever renews it waits and nobody else.
    async fn value<F>(self: &Arc<Self>, clock: &Clock, fetch: impl FnOnce() -> F) -> Outcome<T>
    where
        F: Future<Output = Result<Fetched<T>, Error>> + Send + 'static,
    {
        let (flight, stale) = {
            let mut state = lock(&self.0);
            let stale = match state.kept.next(clock.now()) {
                Next::Use(document) => return Ok(document),
                Next::Pause { .. } => return Err(state.failure.clone().unwrap_or_else(cut_short)),
                Next::Fetch { stale } => stale,
            };
            match (&state.flight, stale) {
                (Some(_), Some(stale)) => return Ok(stale),
                (Some(flight), None) => (flight.clone(), None),
                (None, stale) => (self.depart(&mut state, clock, fetch)?, stale),
            }
        };
        match (landed(flight).await, stale) {
            (Err(_), Some(stale)) => Ok(stale),
            (outcome, _) => outcome,
        }
    }

    async fn after_a_miss<F>(
        self: &Arc<Self>,
        used: &Arc<T>,
        clock: &Clock,
        fetch: impl FnOnce() -> F,
    ) -> Result<Option<Arc<T>>, Error>
    where
        F: Future<Output = Result<Fetched<T>, Error>> + Send + 'static,
    {
        let flight = {
            let mut state = lock(&self.0);
            match (state.kept.missed(used, clock.now()), &state.flight) {
                (Missed::Use(newer), _) => return Ok(Some(newer)),
                (Missed::GiveUp, _) => return Ok(None),
                (Missed::Fetch, Some(flight)) => flight.clone(),
                (Missed::Fetch, None) => self.depart(&mut state, clock, fetch)?,
            }
        };
        landed(flight).await.map(Some)
    }

    /// Begins a flight.
    fn depart<F>(
        self: &Arc<Self>,
        state: &mut State<T>,
        clock: &Clock,
        fetch: impl FnOnce() -> F,
    ) -> Result<Flight<T>, Error>
    where
        F: Future<Output = Result<Fetched<T>, Error>> + Send + 'static,
    {
        let runtime = Handle::try_current().map_err(|_| {
            Error::config("issuer", "expected a tokio runtime to fetch its documents on, got none")
        })?;
        let (tell, flight) = watch::channel(None);
        state.flight = Some(flight.clone());
        let landing = Landing { shared: self.clone(), clock: clock.clone(), tell, landed: false };
        let fetch = fetch();
        runtime.spawn(async move { landing.land(fetch.await) }.in_current_span());
        Ok(flight)
    }
}

/// Ends a flight, also one that is cut short.
struct Landing<T: Send + Sync + 'static> {
    shared: Arc<Shared<T>>,
    clock: Clock,
    tell: watch::Sender<Option<Outcome<T>>>,
    landed: bool,
}

impl<T: Send + Sync + 'static> Landing<T> {
    fn land(mut self, fetched: Result<Fetched<T>, Error>) {
        self.end(fetched);
    }

    fn end(&mut self, fetched: Result<Fetched<T>, Error>) {
        self.landed = true;
        let now = self.clock.now();
        let mut state = lock(&self.shared.0);
        state.flight = None;
        let outcome = match fetched {
            Ok(Fetched { value, max_age, .. }) => Ok(state.kept.fetched(value, max_age, now)),
            Err(error) => {
                tracing::warn!(%error, "an issuer's document could not be fetched");
                state.kept.failed(now);
                state.failure = Some(error.clone());
                Err(error)
            }
        };
        drop(state);
        // All may have gone.
        let _ = self.tell.send(Some(outcome));
    }
}

impl<T: Send + Sync + 'static> Drop for Landing<T> {
    fn drop(&mut self) {
        if !self.landed {
            self.end(Err(cut_short()));
        }
    }
}

/// What a flight brings.
async fn landed<T>(mut flight: Flight<T>) -> Outcome<T> {
    match flight.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(cut_short())),
        Err(_) => Err(cut_short()),
    }
}

fn cut_short() -> Error {
    StateError::new("issuer", "fetching its documents was cut short").into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
