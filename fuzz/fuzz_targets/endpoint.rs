//! An endpoint is https or loopback by the URL standard's parser too, and stays what was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol_core::{Endpoint, endpoint::is_loopback};
use url::Url;

fuzz_target!(|text: &str| {
    let Ok(endpoint) = Endpoint::parse("endpoint", text) else { return };
    let (written, sent) = (Url::parse(text).unwrap(), endpoint.uri().to_string());
    assert_eq!(endpoint.as_str(), text);
    assert!(written.scheme() == "https" || is_loopback(&written));
    assert!(written.username().is_empty() && written.fragment().is_none());
    let origin = |url: &str| Url::parse(url).unwrap().origin();
    assert_eq!(origin(&sent), written.origin());
    let longer = endpoint.with_query([("a b", "c&d")]);
    assert_eq!(origin(&longer), written.origin());
    let last = Url::parse(&longer).unwrap().query_pairs().into_owned().last();
    assert_eq!(last, Some(("a b".to_owned(), "c&d".to_owned())));
});
