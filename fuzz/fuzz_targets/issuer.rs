//! An issuer's well-known addresses are below it, on its own origin.
#![no_main]

use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|issuer: &str| {
    let openid = oidc_core::issuer::well_known(issuer);
    let oauth = oauth2_core::metadata::well_known_url(issuer);
    assert_eq!(openid.is_ok(), oauth.is_ok());
    let (Ok(openid), Ok(oauth)) = (openid, oauth) else { return };
    let (origin, base) = (Url::parse(issuer).unwrap().origin(), issuer.trim_end_matches('/'));
    for endpoint in [&openid, &oauth] {
        assert_eq!(Url::parse(endpoint.as_str()).unwrap().origin(), origin);
    }
    assert!(openid.as_str().starts_with(base), "{}", openid.as_str());
    let (_, path) = oauth.as_str().split_once("/.well-known/oauth-authorization-server").unwrap();
    assert!(issuer.contains(path), "{path}");
});
