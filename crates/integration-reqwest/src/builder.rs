//! The settings of a [`Client`], checked at [`Builder::build`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use client_registry::Transport;
use protocol_core::Error;
use protocol_core::endpoint::is_loopback;
use reqwest::dns::Resolve;
use reqwest::{Certificate, Identity, Proxy, redirect, retry};
use url::Url;

use crate::Client;
use crate::resolver::{Resolver, SystemResolver};

/// Makes a [`Client`]. Made by [`Client::builder`].
pub struct Builder {
    base: reqwest::ClientBuilder,
    connect_timeout: Duration,
    timeout: Duration,
    read_timeout: Duration,
    max_response_bytes: usize,
    proxy: Option<Url>,
    public_only: bool,
    lookup: Arc<dyn Resolve>,
    problem: Option<Error>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Builder {
            base: reqwest::Client::builder().user_agent(USER_AGENT),
            connect_timeout: CONNECT_TIMEOUT,
            timeout: TIMEOUT,
            read_timeout: READ_TIMEOUT,
            max_response_bytes: MAX_RESPONSE_BYTES,
            proxy: None,
            public_only: false,
            lookup: Arc::new(SystemResolver),
            problem: None,
        }
    }

    /// How long looking the name up, connecting and the TLS handshake may take together; 10 seconds
    /// unless set. After it, [`HttpErrorKind::Connect`](protocol_core::HttpErrorKind): the request
    /// was not sent.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a whole exchange with a protocol endpoint may take, connecting and the last byte of
    /// the body included; 30 seconds unless set. After it,
    /// [`HttpErrorKind::Timeout`](protocol_core::HttpErrorKind).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long an API call may wait for the server at a time: for it to take more of the body, for
    /// the head of its answer, connecting included, for the next chunk; 30 seconds unless set. After
    /// it, [`HttpErrorKind::Timeout`](protocol_core::HttpErrorKind). There is none for the whole.
    #[must_use]
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// The largest body that is taken from a protocol endpoint, in bytes; 1 MiB unless set. Over it,
    /// [`HttpErrorKind::TooLarge`](protocol_core::HttpErrorKind), and the rest is not read. Those of
    /// API calls have no cap.
    #[must_use]
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// The `User-Agent` of requests that bring none of their own; `integration-reqwest/` and its
    /// version unless set.
    #[must_use]
    pub fn user_agent(mut self, user_agent: &str) -> Self {
        if let Ok(value) = http::HeaderValue::from_str(user_agent) {
            self.base = self.base.user_agent(value);
            return self;
        }
        self.fail("user_agent", "expected visible ASCII characters and spaces")
    }

    /// The proxy, an http or https URL, that all requests but those to loopback go through by
    /// `CONNECT`; user and password may stand in it. None unless set: the environment
    /// (`HTTPS_PROXY` and its like) and the system's settings are not read.
    #[must_use]
    pub fn proxy(mut self, url: &str) -> Self {
        match Url::parse(url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                self.proxy = Some(url);
                self
            }
            _ => self.fail("proxy", "expected an absolute http or https URL"),
        }
    }

    /// Trusts these certificate authorities, one or more in PEM, besides the platform's. May be
    /// called several times.
    #[must_use]
    pub fn root_certificate_pem(mut self, pem: &[u8]) -> Self {
        match Certificate::from_pem_bundle(pem) {
            Ok(certificates) if !certificates.is_empty() => {
                self.base = self.base.tls_certs_merge(certificates);
                self
            }
            _ => self.fail("root_certificate_pem", "expected one or more certificates in PEM"),
        }
    }

    /// Presents this certificate chain where a server asks for one, with its private key in the
    /// same PEM (mutual TLS, RFC 8705).
    #[must_use]
    pub fn identity_pem(mut self, pem: &[u8]) -> Self {
        match Identity::from_pem(pem) {
            Ok(identity) => {
                self.base = self.base.identity(identity);
                self
            }
            Err(_) => {
                self.fail("identity_pem", "expected a certificate chain and its private key in PEM")
            }
        }
    }

    /// Takes the proxy and the identity that one of a registry's clients wants for itself: for an
    /// [`http_for`](client_registry::Builder::http_for) with settings of your own.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use client_registry::{Builder, HttpClient};
    /// use integration_reqwest::Client;
    ///
    /// fn trusting(builder: Builder, authority: Vec<u8>) -> Builder {
    ///     builder.http_for(move |transport| {
    ///         let http = Client::builder().root_certificate_pem(&authority).transport(transport);
    ///         Ok(Arc::new(http.build()?) as Arc<dyn HttpClient>)
    ///     })
    /// }
    /// ```
    #[must_use]
    pub fn transport(self, transport: &Transport) -> Self {
        let with_proxy = match &transport.proxy {
            Some(proxy) => self.proxy(proxy.expose()),
            None => self,
        };
        match &transport.identity {
            Some(identity) => with_proxy.identity_pem(identity.expose().as_bytes()),
            None => with_proxy,
        }
    }

    /// Whether private networks are out of reach: an address literal that is not of the public
    /// internet, or a name that any such address answers to, is
    /// [`HttpErrorKind::Refused`](protocol_core::HttpErrorKind) without a connection. Loopback is
    /// private too. Off unless set.
    ///
    /// For whoever lets strangers name their issuer. The addresses that are checked are those that
    /// are connected to. Behind a [`proxy`](Builder::proxy), which looks names up by itself, it
    /// cannot hold: [`build`](Builder::build) refuses the two together.
    #[must_use]
    pub fn public_only(mut self, public_only: bool) -> Self {
        self.public_only = public_only;
        self
    }

    /// Starts from a client builder of reqwest, for what this one has no words for (a local
    /// address, TLS versions, only one's own certificate authorities).
    ///
    /// The contract holds whatever it says: what it sets for redirects, retries, content decoding,
    /// proxies, timeouts and name resolution is replaced. Addresses that it pins by `resolve` stay,
    /// also under [`public_only`](Builder::public_only). Call it first: it also drops user agent,
    /// certificates and identity set before.
    #[must_use]
    pub fn reqwest(mut self, base: reqwest::ClientBuilder) -> Self {
        self.base = base;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`Error::Config`]: the first setting that cannot work, or no usable TLS (a machine without
    /// root certificates, say).
    pub fn build(self) -> Result<Client, Error> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        if self.public_only && self.proxy.is_some() {
            return Err(Error::config(
                "public_only",
                "expected no proxy beside it: the proxy looks names up, so they cannot be checked",
            ));
        }
        let mut base = self
            .base
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .connection_verbose(false)
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            .read_timeout(NEVER)
            .dns_resolver(Resolver::new(self.lookup, self.public_only))
            .no_proxy();
        if let Some(proxy) = self.proxy {
            base = base.proxy(Proxy::custom(move |to| (!is_loopback(to)).then(|| proxy.clone())));
        }
        let client = base.build().map_err(|error| {
            Error::config("http client", crate::client::innermost(&error.without_url()))
        })?;
        Ok(Client {
            client,
            connect_timeout: self.connect_timeout,
            timeout: self.timeout,
            read_timeout: self.read_timeout,
            max_response_bytes: self.max_response_bytes,
            public_only: self.public_only,
        })
    }

    /// Keeps no connection for later: for a runtime that sleeps between requests, and would not
    /// notice that the server closed it.
    pub(crate) fn without_pool(mut self) -> Self {
        self.base = self.base.pool_max_idle_per_host(0);
        self
    }

    #[cfg(test)]
    pub(crate) fn lookup(mut self, lookup: impl Resolve + 'static) -> Self {
        self.lookup = Arc::new(lookup);
        self
    }

    fn fail(mut self, what: &str, problem: &str) -> Self {
        self.problem.get_or_insert_with(|| Error::config(what, problem));
        self
    }
}

/// Shows neither the proxy, which may hold a password, nor certificates.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("read_timeout", &self.read_timeout)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("proxy", &self.proxy.as_ref().and_then(Url::host_str))
            .field("public_only", &self.public_only)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(30);
const READ_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;
/// For timeouts of reqwest that can be set and not taken back: a century.
pub(crate) const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
const USER_AGENT: &str = concat!("integration-reqwest/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_that_the_docs_name() {
        assert_eq!(
            format!("{:?}", Client::builder()),
            "Builder { connect_timeout: 10s, timeout: 30s, read_timeout: 30s, \
             max_response_bytes: 1048576, proxy: None, public_only: false, problem: None, .. }"
        );
    }

    #[test]
    fn a_setting_that_cannot_work_is_named_and_its_text_is_not_repeated() {
        let table: [(&str, Builder); 8] = [
            ("user_agent", Client::builder().user_agent("canary\r\nX: y")),
            ("proxy", Client::builder().proxy("canary")),
            ("proxy", Client::builder().proxy("socks5://user:canary@127.0.0.1:1")),
            ("proxy", Client::builder().proxy("http://")),
            ("root_certificate_pem", Client::builder().root_certificate_pem(b"canary")),
            ("root_certificate_pem", Client::builder().root_certificate_pem(b"")),
            ("identity_pem", Client::builder().identity_pem(b"canary")),
            (
                "public_only",
                Client::builder().public_only(true).proxy("http://user:canary@127.0.0.1:1"),
            ),
        ];
        for (what, builder) in table {
            let shown = format!("{builder:?}");
            let error = builder.build().unwrap_err();
            assert_eq!(error.code(), "config", "{what}");
            assert!(error.to_string().starts_with(what), "{error}");
            assert!(!shown.contains("canary") && !format!("{error:?}").contains("canary"));
        }
    }

    #[test]
    fn the_first_problem_is_the_one_that_is_told() {
        let error = Client::builder().proxy("x").user_agent("\n").build().unwrap_err();
        assert!(error.to_string().starts_with("proxy"), "{error}");
    }
}
