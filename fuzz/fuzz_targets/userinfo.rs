//! What is known of a user: a subject always, and every accessor on any claims.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oidc_core::UserInfo;
use serde_json::{Map, Value};

fuzz_target!(|text: &[u8]| {
    let Ok(claims) = serde_json::from_slice::<Map<String, Value>>(text) else { return };
    let Ok(user) = UserInfo::new(claims.clone()) else { return };
    assert!(!user.sub().is_empty() && claims["sub"] == user.sub());
    for (name, value) in
        [("name", user.name()), ("picture", user.picture()), ("locale", user.locale())]
    {
        assert!(value.is_none() || claims.get(name).and_then(Value::as_str) == value, "{name}");
    }
    let email = user.email();
    assert!(email.is_none_or(|email| claims["email"] == email.address));
    let _ = user.updated_at();
    assert_eq!(user.as_map(), &claims);
});
