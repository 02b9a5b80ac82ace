//! To whom the token goes: the origins that a client's settings name, and nobody else.

use protocol_core::{Endpoint, Error};
use url::{Origin, Url};

/// The places that a client's token may be sent to.
#[derive(Clone, Debug, Default)]
pub(crate) struct ApiHosts {
    /// Of the addresses among the settings.
    origins: Vec<Origin>,
    /// Of the key `api_hosts`.
    hosts: Vec<Host>,
}

/// A host by name, and the port where it is not the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Host {
    name: String,
    port: Option<u16>,
}

impl ApiHosts {
    /// Hosts as `host` or `host:port`, separated by white space. `what` is how errors speak of
    /// them.
    ///
    /// # Errors
    /// [`Error::Config`] for anything else: a URL, a path, a pattern.
    pub(crate) fn parse(what: &str, text: &str) -> Result<Self, Error> {
        let read = |text: &str| {
            let wrong = || Error::config(what, format!("expected host or host:port, got {text:?}"));
            let endpoint =
                Endpoint::parse(what, &format!("https://{text}/")).map_err(|_| wrong())?;
            let url = Url::parse(endpoint.as_str()).map_err(|_| wrong())?;
            let bare =
                url.path() == "/" && url.query().is_none() && !text.contains(['*', '/', ',']);
            bare.then(|| Host::of(&url)).ok_or_else(wrong)
        };
        let hosts = text.split_ascii_whitespace().map(read).collect::<Result<_, _>>()?;
        Ok(ApiHosts { origins: Vec::new(), hosts })
    }

    /// These, and the origin of an address that the settings name.
    pub(crate) fn with_endpoint(mut self, endpoint: &str) -> Self {
        if let Ok(url) = Url::parse(endpoint) {
            // There are one or two of them, and many clients.
            self.origins.reserve_exact(1);
            self.origins.push(url.origin());
        }
        self
    }

    /// Whether the token may go to `url`, an https or loopback one.
    pub(crate) fn admit(&self, url: &Url) -> bool {
        self.origins.contains(&url.origin()) || self.hosts.contains(&Host::of(url))
    }
}

impl Host {
    fn of(url: &Url) -> Self {
        Host { name: url.host_str().unwrap_or_default().to_owned(), port: url.port() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_admitted_by_its_exact_name_and_port() {
        let hosts = "upload.example  files.example:8443\n[::1]:8080 127.0.0.1";
        let hosts = ApiHosts::parse("api_hosts", hosts).unwrap();
        let hosts = hosts.with_endpoint("https://api.example/v1/?x=1");
        for url in [
            "https://upload.example/a",
            "https://UPLOAD.example:443/a?b",
            "https://files.example:8443/",
            "http://[::1]:8080/",
            "http://127.0.0.1/",
            "https://api.example/elsewhere",
        ] {
            assert!(hosts.admit(&Url::parse(url).unwrap()), "{url}");
        }
        for url in [
            "https://upload.example:444/",
            "https://upload.example.evil.example/",
            "https://x.upload.example/",
            "https://upload.example./",
            "https://files.example/",
            "http://[::1]/",
            "https://api.example:8443/",
            "http://api.example/",
            "https://evil.example/upload.example",
        ] {
            assert!(!hosts.admit(&Url::parse(url).unwrap()), "{url}");
        }
    }

    #[test]
    fn what_is_no_bare_host_is_refused() {
        for text in [
            "https://api.example",
            "api.example/",
            "api.example/v1",
            "*.example",
            "a.example?x",
            "a.example#x",
            "user@a.example",
            "a.example:99999",
            "//a.example",
            "a.example,b.example",
        ] {
            let error = ApiHosts::parse("api_hosts", text).unwrap_err().to_string();
            assert!(error.starts_with("api_hosts") && error.contains("host:port"), "{error}");
        }
    }
}
