//! Requests made at random: the base string against a second implementation, and what is signed
//! verifies.

mod common;

use common::{NOW, base_string, client, form_pairs, signer, token};
use http::Request;
use oauth1_core::{
    BaseString, Placement, Secrets, Signer, Verifier, authorization, signature::SignatureMethod,
};
use proptest::prelude::*;

/// A query or a form, wild but such that a URI can hold it.
fn form() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[a-zA-Z0-9=&+%;:@/?!$'()*,._~-]{0,6}",
        2 => "%[0-9a-fA-F]{2}",
        1 => Just("%C3%A9%F0%9F%99%82".to_owned()),
        1 => Just("%FF%00".to_owned()),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof!["\\PC{0,12}", "[a-c]{0,2}", "oauth", "oauthz?", "param_[0-9]{1,2}"];
    proptest::collection::vec((name, "\\PC{0,20}"), 0..30)
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z][a-zA-Z0-9]{0,8}\\.[a-zA-Z]{2,5}", Just("[2001:DB8::a]".to_owned())]
}

fn url() -> impl Strategy<Value = (String, String, Option<u16>, String)> {
    let scheme = prop_oneof!["http", "https"];
    let port = prop_oneof![Just(None), Just(Some(80)), Just(Some(443)), (1_u16..).prop_map(Some)];
    let path = "(/[a-zA-Z0-9._~!$'()*+,;:@%-]{0,6}){1,4}";
    (scheme, host(), port, path)
}

fn authority(host: &str, port: Option<u16>) -> String {
    port.map_or(host.to_owned(), |port| format!("{host}:{port}"))
}

fn has_protocol_name(form: &str) -> bool {
    form_pairs(form.as_bytes()).iter().any(|(name, _)| name.starts_with(b"oauth_"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn base_strings_agree_with_a_second_implementation(
        (scheme, host, port, path) in url(),
        method in "(GET|post|Put|x-y)",
        query in form(),
        body in form(),
        pairs in pairs(),
    ) {
        let url = format!("{scheme}://u:p@{}{path}?{query}#f", authority(&host, port));
        let base = BaseString::new(&method, &url)?.with_form(body.as_bytes()).with_pairs(&pairs);
        let mut all = form_pairs(query.as_bytes());
        all.extend(form_pairs(body.as_bytes()));
        all.extend(pairs.iter().map(|(n, v)| (n.clone().into_bytes(), v.clone().into_bytes())));
        prop_assert_eq!(base.text(), base_string(&method, &scheme, (&host, port), &path, &all));
    }

    #[test]
    fn a_header_is_over_the_second_implementations_base_string(
        (scheme, host, port, path) in url(),
        query in form(),
        pairs in pairs(),
        nonce in "\\PC{1,20}",
    ) {
        prop_assume!(!has_protocol_name(&query));
        let url = format!("{scheme}://{}{path}?{query}", authority(&host, port));
        let signer = signer();
        let mut header = "left over from before".repeat(20);
        signer.authorization_header("get", &url, &pairs, &nonce, NOW, &mut header)?;
        let mut sent = authorization::parse(&header)?;
        let (_, signature) = sent.pop().unwrap();
        let mut all = form_pairs(query.as_bytes());
        all.extend(pairs.iter().chain(&sent).map(|(n, v)| (n.clone().into(), v.clone().into())));
        let expected = base_string("GET", &scheme, (&host, port), &path, &all);
        prop_assert_eq!(signature, signer.signature(&expected)?);
    }

    #[test]
    fn what_is_signed_verifies_and_nothing_else_does(
        (scheme, host, port, path) in url(),
        query in form(),
        body in form(),
        is_form in any::<bool>(),
        extra in "(|&oauth_zz=1|&oauth_a=%20|oauth_problem=x&)",
        which in 0..4,
        place in 0_usize..3,
        with_token in any::<bool>(),
    ) {
        prop_assume!(!has_protocol_name(&query) && !has_protocol_name(&body));
        let placement = [Placement::Header, Placement::Query, Placement::Body][place];
        let is_form = is_form || placement == Placement::Body;
        let query = if extra.ends_with('&') { extra + &query } else { query + &extra };
        let uri = format!("{scheme}://{}{path}?{query}", authority(&host, port));
        let content_type =
            if is_form { "application/x-www-form-urlencoded; charset=utf-8" } else { "text/plain" };
        let mut request = Request::post(uri.as_str())
            .header("content-type", content_type)
            .body(body.clone().into_bytes())?;
        let mut signer = match which {
            0 => Signer::hmac_sha1(client()),
            1 => Signer::hmac_sha256(client()),
            2 => Signer::hmac_sha512(client()),
            _ => Signer::plaintext(client()),
        };
        let mut secrets = Secrets::of_client(client().secret);
        if with_token {
            signer = signer.with_token(token());
            secrets = secrets.with_token(token().token_secret);
        }
        let signer = signer.with_placement(placement).with_body_hash();
        signer.sign_buffered(&mut request, NOW)?;

        let verifier = Verifier::new().allow_plaintext();
        let signed = verifier.parse(&request)?;
        prop_assert_eq!(signed.consumer_key(), "key");
        prop_assert_eq!(signed.token(), with_token.then_some("token"));
        let verified = verifier.verify(&signed, Some(&secrets), NOW)?;
        prop_assert!(verified.replay_key().until > NOW);

        // Signing it anew leaves each parameter there once.
        let again = {
            let mut again = request.clone();
            signer.sign_buffered(&mut again, NOW)?;
            again
        };
        verifier.verify(&verifier.parse(&again)?, Some(&secrets), NOW)?;

        let other = Secrets::of_client("another secret");
        let error = verifier.verify(&signed, Some(&other), NOW).unwrap_err();
        prop_assert_eq!(error.code(), "bad_signature");
        if which < 3 {
            let longer = format!("{}&x=1", request.uri());
            *request.uri_mut() = longer.parse()?;
            let longer = verifier.parse(&request)?;
            let error = verifier.verify(&longer, Some(&secrets), NOW).unwrap_err();
            prop_assert_eq!(error.code(), "bad_signature");
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic(
        header in "\\PC*",
        url in "\\PC*",
        query in "\\PC*",
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = authorization::parse(&header);
        let _ = authorization::parse(&format!("OAuth {header}"));
        let _ = oauth1_core::callback::parse(&query);
        if let Ok(base) = BaseString::new(&query, &url) {
            prop_assert!(base.with_form(&body).text().is_ascii());
        }
        let request = Request::post("https://h.example/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)?;
        prop_assert!(Verifier::new().parse(&request).is_err());
    }
}

/// What a method of one's own is given is what the second implementation says.
#[test]
fn a_method_of_ones_own_is_given_base_string_and_secrets() {
    struct Own;
    impl SignatureMethod for Own {
        fn name(&self) -> &str {
            "X-OWN"
        }
        fn sign(&self, base: &str, secrets: &Secrets) -> Result<String, oauth1_core::Error> {
            assert!(secrets.client_secret.ct_eq("canary client secret"));
            assert!(secrets.token_secret.ct_eq("canary token secret"));
            Ok(format!("{} é", base.len()))
        }
    }
    let signer = Signer::with_method(client(), Own).with_token(token());
    let mut request = Request::get("https://h.example/p").body("").unwrap();
    signer.sign(&mut request, NOW).unwrap();
    let verifier = Verifier::new().allow(Own);
    let signed = verifier.parse(&request).unwrap();
    assert_eq!(signed.signature_method(), "X-OWN");
    let secrets = Secrets::of_client(client().secret).with_token(token().token_secret);
    verifier.verify(&signed, Some(&secrets), NOW).unwrap();
    assert_eq!(Verifier::new().parse(&request).unwrap_err().code(), "unsupported");
}
