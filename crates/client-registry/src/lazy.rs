//! A registry that others hold before it is there.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use protocol_core::{Error, HttpError, HttpErrorKind};

use crate::http::{BoxFuture, HttpClient};
use crate::provider::Provider;
use crate::registry::{Builder, Inner, Registry};

/// What a [`Registry`] points to: what it was made with, and what [`Registry::init`] put in its
/// place.
pub(crate) struct Handle {
    first: Inner,
    late: OnceLock<Inner>,
    /// What was registered on a lazy one until now; none on one that was built.
    early: Option<Mutex<BTreeMap<String, Provider>>>,
}

impl Registry {
    /// A registry to be initialised later, by [`Registry::init`]. Until then it can be cloned, put
    /// into a `static` or a layer, and told of clients ([`Registry::register`]); whatever needs
    /// more says [`Error::Config`].
    ///
    /// ```
    /// use std::sync::LazyLock;
    /// use client_registry::{Registry, providers};
    ///
    /// static OAUTH: LazyLock<Registry> = LazyLock::new(Registry::lazy);
    ///
    /// OAUTH.register("github", &providers::github().client_id("id").client_secret("secret"))?;
    /// assert!(OAUTH.client("github").is_err());
    /// # struct Http;
    /// # impl client_registry::HttpClient for Http {
    /// #     fn send(&self, _: http::Request<Vec<u8>>)
    /// #         -> client_registry::BoxFuture<'_, Result<http::Response<Vec<u8>>, client_registry::HttpError>> {
    /// #         Box::pin(async { Ok(http::Response::new(Vec::new())) })
    /// #     }
    /// # }
    /// OAUTH.init(Registry::builder().http(Http))?; // with sources, public_url, …
    /// assert_eq!(OAUTH.client("github")?.title(), "GitHub");
    /// # Ok::<(), client_registry::Error>(())
    /// ```
    pub fn lazy() -> Self {
        let nothing = Builder::default().empty(Arc::new(NotInitialised));
        let (late, early) = (OnceLock::new(), Some(Mutex::default()));
        Registry(Arc::new(Handle { first: nothing, late, early }))
    }

    /// Initialises a registry that was made by [`Registry::lazy`], and with it all its clones. What
    /// was registered on it before is added to what `builder` has; under the same name, the
    /// builder's counts. Where it fails, the registry is as it was.
    ///
    /// # Errors
    /// [`Error::Config`]: what [`Builder::build`] says, or that it is initialised already. Clients
    /// can be replaced later ([`Registry::update`]), the rest cannot.
    pub fn init(&self, builder: Builder) -> Result<(), Error> {
        let again = || {
            let problem = "the registry is initialised already; clients are replaced by update";
            Error::config("init", problem)
        };
        let Some(early) = self.0.early.as_ref().filter(|_| self.0.late.get().is_none()) else {
            return Err(again());
        };
        let early = early.lock().unwrap_or_else(PoisonError::into_inner);
        let builder = early.iter().fold(builder, |builder, (name, provider)| {
            builder.register_unless_there(name, provider)
        });
        let mut inner = builder.inner()?;
        // Whoever listens already goes on listening.
        inner.tokens.signal = self.0.first.tokens.signal.clone();
        self.0.late.set(inner).map_err(|_| again())
    }

    /// What there is by now.
    ///
    /// # Errors
    /// [`Error::Config`] before [`Registry::init`].
    pub(crate) fn ready(&self) -> Result<&Inner, Error> {
        if self.0.early.is_some() && self.0.late.get().is_none() {
            let problem = "the registry is used before it is initialised; call init first";
            return Err(Error::config("registry", problem));
        }
        Ok(&self.0)
    }

    /// Changes what is registered before [`Registry::init`]; none after it.
    pub(crate) fn before_init<T>(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, Provider>) -> T,
    ) -> Option<T> {
        let early = self.0.early.as_ref()?;
        let mut early = early.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, which init holds while it reads them.
        self.0.late.get().is_none().then(|| change(&mut early))
    }
}

impl Handle {
    /// One that is ready.
    pub(crate) fn new(inner: Inner) -> Self {
        Handle { first: inner, late: OnceLock::new(), early: None }
    }
}

/// Before it is initialised, a registry without clients.
impl Deref for Handle {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        self.late.get().unwrap_or(&self.first)
    }
}

struct NotInitialised;

impl HttpClient for NotInitialised {
    fn send(
        &self,
        _: http::Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, HttpError>> {
        let problem = "the registry is not initialised";
        Box::pin(async move { Err(HttpError::new(HttpErrorKind::Refused, problem)) })
    }
}
