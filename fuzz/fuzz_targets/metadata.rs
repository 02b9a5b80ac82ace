//! A provider's metadata: the issuer and the endpoints as written, https or loopback.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oidc_core::ProviderMetadata;
use protocol_core::endpoint::is_loopback;

fuzz_target!(|text: &[u8]| {
    let Ok(metadata) = ProviderMetadata::parse(text) else { return };
    let read: serde_json::Value = serde_json::from_slice(text).unwrap();
    assert_eq!(Some(metadata.issuer()), read["issuer"].as_str());
    let server = &metadata.server;
    for (name, got) in [("token_endpoint", &server.token_endpoint), ("jwks_uri", &server.jwks_uri)]
    {
        assert_eq!(got.as_ref().map(|endpoint| endpoint.as_str()), read[name].as_str());
        let url = got.as_ref().map(|endpoint| url::Url::parse(endpoint.as_str()).unwrap());
        assert!(url.is_none_or(|url| url.scheme() == "https" || is_loopback(&url)));
    }
});
