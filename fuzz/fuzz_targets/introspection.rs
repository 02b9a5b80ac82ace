//! Active where the answer says `true` and there alone; of a token that is not, nothing is known.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth2_core::IntrospectionResponse;
use serde_json::{Map, Value};

fuzz_target!(|body: &[u8]| {
    let read = IntrospectionResponse::read(&http::Response::new(body.to_vec()));
    let plain: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let Ok(known) = read else { return };
    assert_eq!(plain["active"], known.active);
    if !known.active {
        return assert_eq!(known, IntrospectionResponse::default());
    }
    assert_eq!(known.as_map(), &plain);
    assert_eq!(known.sub.as_deref(), plain.get("sub").and_then(Value::as_str));
    let ends = plain.get("exp").is_some_and(|exp| !exp.is_null());
    assert_eq!(known.exp.is_some(), ends, "an end that came is never left out");
});
