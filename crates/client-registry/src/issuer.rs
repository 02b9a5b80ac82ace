//! What is known of an issuer: its metadata and its keys, fetched when first needed, shared by all
//! clients of the issuer, renewed in one flight however many wait, and kept while the issuer fails.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use oidc_core::IssuerRule;
use oidc_core::discovery::{self, ProviderMetadata};
use oidc_core::jwk::JwkSet;
use oidc_core::keys::{self, Missed, Next, Renewed};
use oidc_core::{Endpoint, Error, Fetched, UnixTime};

use crate::clock::Clock;
use crate::driver::drive;
use crate::http::HttpClient;
use crate::telemetry::{span, traced};

/// The issuers of a registry, each known once.
#[derive(Default)]
pub(crate) struct Issuers(Mutex<HashMap<Place, Weak<Issuer>>>);

/// Where an issuer's metadata are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// The issuer as configured.
    pub(crate) issuer: Option<String>,
    /// The metadata's address, where it is not the issuer's well-known one.
    pub(crate) url: Option<Endpoint>,
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
        let mut known = lock(&self.0);
        if let Some(issuer) = known.get(&place).and_then(Weak::upgrade) {
            return issuer;
        }
        known.retain(|_, issuer| issuer.strong_count() > 0);
        let issuer = Arc::new(Issuer {
            place: place.clone(),
            metadata: Shared::default(),
            keys: Shared::default(),
        });
        known.insert(place, Arc::downgrade(&issuer));
        issuer
    }
}

/// One issuer.
pub(crate) struct Issuer {
    place: Place,
    metadata: Shared<ProviderMetadata>,
    keys: Shared<JwkSet>,
}

impl Issuer {
    pub(crate) async fn metadata(
        &self,
        http: &dyn HttpClient,
        clock: &Clock,
    ) -> Result<Arc<ProviderMetadata>, Error> {
        let fetch = async || match (&self.place.url, &self.place.issuer) {
            (None, Some(issuer)) => drive(discovery::discover(issuer)?, http, clock).await,
            (Some(url), issuer) => {
                let rule = issuer.as_deref().map(IssuerRule::exact);
                drive(discovery::discover_at(url, rule.as_ref()), http, clock).await
            }
            (None, None) => Err(Error::config("issuer", "expected it, or a server_metadata_url")),
        };
        let name = self.place.name();
        self.metadata.value(clock, || traced(span!("discovery", issuer = name), fetch())).await
    }

    /// The keys, from `jwks_uri`.
    pub(crate) async fn keys(
        &self,
        jwks_uri: &Endpoint,
        http: &dyn HttpClient,
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
        http: &dyn HttpClient,
        clock: &Clock,
    ) -> Result<Option<Arc<JwkSet>>, Error> {
        self.keys.after_a_miss(used, clock, || self.fetch_keys(jwks_uri, http, clock)).await
    }

    async fn fetch_keys(
        &self,
        jwks_uri: &Endpoint,
        http: &dyn HttpClient,
        clock: &Clock,
    ) -> Result<Fetched<JwkSet>, Error> {
        let span = span!("keys", issuer = self.place.name());
        traced(span, drive(keys::fetch_keys(jwks_uri), http, clock)).await
    }
}

/// A document that many ask for and one fetches.
struct Shared<T> {
    kept: Mutex<Renewed<T>>,
    flight: tokio::sync::Mutex<()>,
    /// Why the last fetch failed, for those who come while it is not to be tried again.
    failure: Mutex<Option<Error>>,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Shared {
            kept: Mutex::new(Renewed::new()),
            flight: tokio::sync::Mutex::default(),
            failure: Mutex::default(),
        }
    }
}

impl<T> Shared<T> {
    /// The document. While the old one may still be used, whoever renews it waits and nobody else.
    async fn value<F: Future<Output = Result<Fetched<T>, Error>>>(
        &self,
        clock: &Clock,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>, Error> {
        let stale = match self.look(clock.now())? {
            Look::Use(document) => return Ok(document),
            Look::Fetch { stale } => stale,
        };
        match stale {
            Some(stale) => match self.flight.try_lock() {
                Ok(_flight) => Ok(self.renew(clock, fetch).await.unwrap_or(stale)),
                Err(_) => Ok(stale),
            },
            None => {
                let _flight = self.flight.lock().await;
                match self.look(clock.now())? {
                    Look::Use(document) => Ok(document),
                    Look::Fetch { .. } => self.renew(clock, fetch).await,
                }
            }
        }
    }

    async fn after_a_miss<F: Future<Output = Result<Fetched<T>, Error>>>(
        &self,
        used: &Arc<T>,
        clock: &Clock,
        fetch: impl FnOnce() -> F,
    ) -> Result<Option<Arc<T>>, Error> {
        // Whoever comes while another fetches waits, and finds what that one brought.
        let _flight = self.flight.lock().await;
        let missed = lock(&self.kept).missed(used, clock.now());
        match missed {
            Missed::Use(newer) => Ok(Some(newer)),
            Missed::Fetch => self.renew(clock, fetch).await.map(Some),
            Missed::GiveUp => Ok(None),
        }
    }

    /// Fetches; the caller holds the flight.
    async fn renew<F: Future<Output = Result<Fetched<T>, Error>>>(
        &self,
        clock: &Clock,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>, Error> {
        let dropped = Dropped { shared: self, clock };
        let fetched = fetch().await;
        std::mem::forget(dropped);
        match fetched {
            Ok(Fetched { value, max_age, .. }) => {
                Ok(lock(&self.kept).fetched(value, max_age, clock.now()))
            }
            Err(error) => {
                tracing::warn!(%error, "an issuer's document could not be fetched");
                *lock(&self.failure) = Some(error.clone());
                lock(&self.kept).failed(clock.now());
                Err(error)
            }
        }
    }

    fn look(&self, now: UnixTime) -> Result<Look<T>, Error> {
        match lock(&self.kept).next(now) {
            Next::Use(document) => Ok(Look::Use(document)),
            Next::Fetch { stale } => Ok(Look::Fetch { stale }),
            Next::Pause { .. } => Err(lock(&self.failure).clone().unwrap_or_else(|| {
                Error::config("issuer", "its documents cannot be fetched at the moment")
            })),
        }
    }
}

/// Reports a fetch as failed whose caller went away in the middle.
struct Dropped<'a, T> {
    shared: &'a Shared<T>,
    clock: &'a Clock,
}

impl<T> Drop for Dropped<'_, T> {
    fn drop(&mut self) {
        lock(&self.shared.kept).failed(self.clock.now());
    }
}

enum Look<T> {
    Use(Arc<T>),
    Fetch { stale: Option<Arc<T>> },
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
