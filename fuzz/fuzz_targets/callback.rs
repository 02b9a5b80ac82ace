//! A response of the authorization endpoint is taken only with our state, once, and our issuer.
#![no_main]

use fuzz::slow::form_values;
use libfuzzer_sys::fuzz_target;
use oauth2_core::{Callback, Expected, IssExpected, ResponseMode, State, StateExpected};

fuzz_target!(|text: &str| {
    let state = StateExpected::Exactly(State::new("st4te").unwrap());
    let issuer = IssExpected::Required("https://as.example".to_owned());
    let by_query = Expected::new(state, issuer);
    let by_form = by_query.clone().response_mode(ResponseMode::FormPost);
    let form = Callback::form(Some("application/x-www-form-urlencoded"), text.as_bytes());
    for answer in [Callback::query(&format!("?{text}")).check(&by_query), form.check(&by_form)] {
        let Ok(response) = answer else { continue };
        assert_eq!(form_values(text.as_bytes(), "state"), ["st4te"]);
        assert_eq!(form_values(text.as_bytes(), "iss"), ["https://as.example"]);
        assert_eq!(form_values(text.as_bytes(), "code"), [response.code().unwrap().expose()]);
    }
});
