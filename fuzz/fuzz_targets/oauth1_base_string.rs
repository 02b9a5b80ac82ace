//! The signature base string is that of RFC 5849 §3.4.1.
#![no_main]

use fuzz::{request::Parts, slow};
use libfuzzer_sys::fuzz_target;
use oauth1_core::BaseString;

fuzz_target!(|request: Parts| {
    let url = request.url();
    let base = BaseString::new(request.method(), &url).unwrap();
    let base = base.with_form(request.form).with_pairs(&request.pairs);
    assert_eq!(base.text(), slow::base_string(&request, &[]));
});
