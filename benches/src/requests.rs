//! The requests that are signed: Twitter's documented one, and one with many parameters.

use http::header::{CONTENT_TYPE, HeaderValue};
use oauth1_core::{BaseString, ClientCredentials, Signer, TokenCredentials, UnixTime};

/// A request to sign, and who signs it.
pub struct SignedRequest {
    pub method: &'static str,
    /// Without the query.
    pub uri: &'static str,
    /// Decoded, in the order they are sent.
    pub query: Vec<(&'static str, &'static str)>,
    /// Decoded; the body is a form of them.
    pub form: Vec<(&'static str, &'static str)>,
    pub client: (&'static str, &'static str),
    pub token: (&'static str, &'static str),
    pub nonce: &'static str,
    pub timestamp: u64,
}

/// S1: the example of Twitter's documentation, "Creating a signature".
pub fn s1() -> SignedRequest {
    SignedRequest {
        method: "POST",
        uri: "https://api.twitter.com/1.1/statuses/update.json",
        query: vec![("include_entities", "true")],
        form: vec![("status", "Hello Ladies + Gentlemen, a signed OAuth request!")],
        client: ("xvz1evFS4wEEPTGEFPHBog", "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw"),
        token: (
            "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
            "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
        ),
        nonce: "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        timestamp: 1_318_622_958,
    }
}

/// The signature of [`s1`] that the documentation prints.
pub const S1_SIGNATURE: &str = "hCtSmYh+iHYCEqBWrE7C7hYmtUk=";

/// S2: a search with 20 parameters, some of them in other scripts. No name repeats or needs encoding:
/// `oauth1-request` sorts before it encodes and does not encode names, and would sign something else.
pub fn s2() -> SignedRequest {
    SignedRequest {
        method: "GET",
        uri: "https://api.example.com/v2/catalogue/search",
        query: vec![
            ("q", "Größenwahn & Überfluß"),
            ("author", "Владимир Набоков"),
            ("title", "吾輩は猫である"),
            ("publisher", "Éditions Gallimard"),
            ("lang", "de,ru,ja,fr"),
            ("sort", "relevance:desc"),
            ("page", "3"),
            ("per_page", "50"),
            ("price_min", "9.90"),
            ("price_max", "49.90"),
            ("currency", "EUR"),
            ("since", "2026-01-01T00:00:00+01:00"),
            ("until", "2026-11-24T23:59:59+01:00"),
            ("tag", "roman"),
            ("genre", "θέατρο"),
            ("label", "📚 gift"),
            ("city", "San José"),
            ("radius", "25 km"),
            ("fields", "id,title,author,price,cover_url"),
            ("callback_url", "https://shop.example.org/hook?id=42&kind=catalogue"),
        ],
        form: Vec::new(),
        ..s1()
    }
}

impl SignedRequest {
    /// The URL, with the query.
    pub fn url(&self) -> String {
        match self.query.is_empty() {
            true => self.uri.to_owned(),
            false => format!("{}?{}", self.uri, encoded(&self.query)),
        }
    }

    /// All parameters, decoded and sorted: as `oauth1-request` wants them.
    pub fn pairs(&self) -> Vec<(&'static str, &'static str)> {
        let mut pairs: Vec<_> = self.query.iter().chain(&self.form).copied().collect();
        pairs.sort_unstable();
        pairs
    }

    /// The body.
    pub fn body(&self) -> String {
        encoded(&self.form)
    }

    /// The request as somebody else built it.
    ///
    /// # Panics
    /// Never: all of these are requests.
    pub fn http_request(&self) -> http::Request<String> {
        let builder = http::Request::builder().method(self.method).uri(self.url());
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let builder = match self.form.is_empty() {
            true => builder,
            false => builder.header(CONTENT_TYPE, form),
        };
        builder.body(self.body()).expect("a request")
    }

    /// What is signed.
    pub fn base_string(&self) -> String {
        let timestamp = self.timestamp.to_string();
        let protocol = [
            ("oauth_consumer_key", self.client.0),
            ("oauth_nonce", self.nonce),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", &timestamp),
            ("oauth_token", self.token.0),
            ("oauth_version", "1.0"),
        ];
        BaseString::new(self.method, &self.url())
            .expect("an absolute URL")
            .with_pairs(&self.form)
            .with_pairs(&protocol)
            .text()
    }

    /// The secrets as HMAC-SHA1 is keyed with them (RFC 5849 §3.4.2).
    pub fn hmac_key(&self) -> String {
        format!("{}&{}", self.client.1, self.token.1)
    }

    pub fn signer(&self) -> Signer {
        Signer::hmac_sha1(self.client_credentials()).with_token(self.token_credentials())
    }

    pub fn client_credentials(&self) -> ClientCredentials {
        ClientCredentials::new(self.client.0, self.client.1)
    }

    pub fn token_credentials(&self) -> TokenCredentials {
        TokenCredentials::new(self.token.0, self.token.1)
    }

    pub fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.timestamp)
    }
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        format!(
            "{}={}",
            protocol_core::percent::encode(*name),
            protocol_core::percent::encode(*value)
        )
    };
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}
