//! REFUSALS.md, D: what binds a login to its browser, its client and its provider, wherever it is
//! kept.

use client_registry::{Callback, Error, Key, LoginOptions, Provider, Registry, Rejection};

use crate::common::{
    App, Browser, CLIENT, Http, ISSUER, Idp, Place, SECRET, answer, assert_code, in_every_place,
    json_answer, param,
};

const FORM: &str = "application/x-www-form-urlencoded";

/// Two clients of the scripted provider, one of OAuth 1.0, and one by form_post.
fn app(idp: &Idp, place: &Place) -> App {
    let http = idp.http();
    let both = Http::new({
        let http = http.clone();
        move |seen| match seen.address() {
            "https://one.example/request" => Ok(answer(
                200,
                FORM,
                "oauth_token=temp-1&oauth_token_secret=temp-secret&oauth_callback_confirmed=true",
            )),
            "https://one.example/access" => {
                Ok(answer(200, FORM, "oauth_token=tok&oauth_token_secret=tok-secret&screen_name=a"))
            }
            _ => http.answer(seen),
        }
    });
    App::new(both, |builder| {
        place
            .on(builder)
            .register("idp", Idp::provider())
            .register("other", Idp::provider())
            .register("post", Idp::provider().set(Key::ResponseMode, "form_post"))
            .register("one", oauth1())
    })
}

fn oauth1() -> Provider {
    Provider::new()
        .client_id(CLIENT)
        .client_secret(SECRET)
        .set(Key::RequestTokenUrl, "https://one.example/request")
        .set(Key::AuthorizeUrl, "https://one.example/authorize")
        .set(Key::AccessTokenUrl, "https://one.example/access")
}

in_every_place! {
    refusal_d1_a_callback_in_a_browser_that_did_not_begin_it
    refusal_d2_state_missing_empty_twice_anothers_replayed_expired
    refusal_d3_a_login_begun_at_one_client_delivered_to_another
    refusal_d4_iss_wrong_or_missing_where_it_is_promised
    refusal_d5_an_error_is_believed_only_with_a_valid_state
    refusal_d6_parameters_twice_and_responses_in_the_wrong_place
    refusal_d7_two_tabs_of_every_client_in_one_browser_all_complete
    refusal_d8_what_an_oauth1_callback_may_not_say
    refusal_d10_cookies_that_were_tampered_with_are_as_good_as_none
    refusal_d11_a_hundred_logins_at_once_get_their_own_tokens
    refusal_d12_an_oauth1_denial_is_a_rejection_and_takes_the_record
    refusal_d13_a_cross_site_start_does_nothing_but_redirect_or_is_refused
}

async fn refusal_d1_a_callback_in_a_browser_that_did_not_begin_it(place: Place) {
    let idp = Idp::new();
    let app = app(&idp, &place);
    let mut browser = Browser::new();
    for (name, approve) in [("idp", true), ("post", true), ("one", false)] {
        let url = app.begin(&mut browser, name).await.unwrap();
        let query = match approve {
            true => idp.approve(&url),
            false => "oauth_token=temp-1&oauth_verifier=v".to_owned(),
        };
        let callback = || match name {
            "post" => Callback::form(Some(FORM), query.as_bytes()),
            _ => Callback::query(&query),
        };
        let before = app.requests();
        let mut another = Browser::new();
        another.cookies.insert("session".to_owned(), "x".to_owned());
        let error =
            assert_code(app.finish(&mut another, name, callback()).await, "state_mismatch", name);
        assert_eq!(error.status(), 400);
        // One that has a login of its own under way keeps it.
        app.begin(&mut another, name).await.unwrap();
        if name != "one" {
            let after = app.requests();
            assert_code(app.finish(&mut another, name, callback()).await, "state_mismatch", name);
            assert_eq!(app.requests(), after);
            assert_eq!(another.cookies.len(), 2, "nothing is taken");
        }
        assert!(app.requests() - before <= 1, "{name}: only its own first leg");
        app.finish(&mut browser, name, callback()).await.unwrap();
    }
}

async fn refusal_d2_state_missing_empty_twice_anothers_replayed_expired(place: Place) {
    let idp = Idp::new();
    let app = app(&idp, &place);
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let other = app.begin(&mut Browser::new(), "idp").await.unwrap();
    let (state, others) = (param(&url, "state"), param(&other, "state"));
    let requests = app.requests();
    for (query, code) in [
        ("".to_owned(), "state_missing"),
        ("code=c".to_owned(), "state_missing"),
        ("code=c&state=".to_owned(), "state_missing"),
        (format!("code=c&state={others}"), "state_mismatch"),
        (format!("code=c&state={}", &state[1..]), "state_mismatch"),
        (format!("code=c&state={state}x"), "state_mismatch"),
        (format!("code=c&State={state}"), "state_missing"),
        (format!("code=c&state={others}&state={state}"), "duplicate_param"),
    ] {
        assert_code(app.finish(&mut browser, "idp", Callback::query(&query)).await, code, &query);
        assert_eq!(browser.cookies.len(), 1, "nothing is taken: {query}");
    }
    assert_eq!(app.requests(), requests, "no request was made for any of them");
    app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();

    let url = app.begin(&mut browser, "idp").await.unwrap();
    let twice = format!("code=c&state={0}&state={0}", param(&url, "state"));
    assert_code(
        app.finish(&mut browser, "idp", Callback::query(&twice)).await,
        "duplicate_param",
        "twice",
    );

    let url = app.begin(&mut browser, "idp").await.unwrap();
    let mut kept = browser.clone();
    let query = idp.approve(&url);
    app.finish(&mut browser, "idp", Callback::query(&query)).await.unwrap();
    let replayed = app.finish(&mut browser, "idp", Callback::query(&query)).await;
    assert_code(replayed, "state_mismatch", "replayed");
    let requests = app.requests();
    for _ in 0..2 {
        let copy = app.finish(&mut kept.clone(), "idp", Callback::query(&query)).await;
        assert_code(copy, "login_replayed", "with a kept copy of the cookie");
    }
    assert_code(
        app.finish(&mut kept, "idp", Callback::query(&query)).await,
        "login_replayed",
        "kept",
    );
    assert!(kept.cookies.is_empty() && app.requests() == requests);

    let url = app.begin(&mut browser, "idp").await.unwrap();
    app.wait(3601);
    let late = app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await;
    assert_code(late, "login_expired", "after an hour");
    assert!(browser.cookies.is_empty() && app.requests() == requests);
    let url = app.begin(&mut browser, "idp").await.unwrap();
    app.wait(3600);
    idp.claims(serde_json::json!({"nonce": param(&url, "nonce")}));
    app.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await.unwrap();
}

async fn refusal_d3_a_login_begun_at_one_client_delivered_to_another(place: Place) {
    let idp = Idp::new();
    let app = app(&idp, &place);
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    app.begin(&mut browser, "one").await.unwrap();
    let (query, requests) = (idp.approve(&url), app.requests());
    let first = "oauth_token=temp-1&oauth_verifier=v";
    for (name, query, expected) in [
        ("other", &*query, "wrong_client"),
        ("post", &*query, "wrong_client"),
        ("one", &*query, "state_missing"),
        ("one", &*query.replace("state=", "oauth_verifier=v&oauth_token="), "wrong_client"),
        ("idp", first, "state_missing"),
        ("idp", &*first.replace("oauth_token", "state"), "wrong_client"),
    ] {
        let error = app.finish(&mut browser, name, Callback::query(query)).await.unwrap_err();
        assert_eq!(error.code(), expected, "{name} {query}");
        assert_eq!((browser.cookies.len(), app.requests()), (2, requests), "nothing is taken");
    }
    app.finish(&mut browser, "idp", Callback::query(&query)).await.unwrap();
    app.finish(&mut browser, "one", Callback::query(first)).await.unwrap();

    // A client of the same name with another client_id is another client.
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let mut renamed = app.clone();
    let provider = Idp::provider().client_id("client-2");
    renamed.registry =
        App::new(idp.http(), |builder| place.on(builder).register("idp", provider)).registry;
    let outcome = renamed.finish(&mut browser, "idp", Callback::query(&idp.approve(&url))).await;
    assert_code(outcome, "wrong_client", "another client_id");
}

async fn refusal_d4_iss_wrong_or_missing_where_it_is_promised(place: Place) {
    for (iss, code) in [
        ("", "iss_missing"),
        ("&iss=", "iss_missing"),
        ("&iss=https%3A%2F%2Fidp.example%2F", "iss_mismatch"),
        ("&iss=https%3A%2F%2Fevil.example", "iss_mismatch"),
        ("&iss=HTTPS%3A%2F%2Fidp.example", "iss_mismatch"),
        ("&iss=https%3A%2F%2Fidp.example&iss=https%3A%2F%2Fidp.example", "duplicate_param"),
    ] {
        let idp = Idp::new();
        let app =
            App::new(idp.http(), |builder| place.on(builder).register("idp", Idp::provider()));
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, "idp").await.unwrap();
        let query = format!("code={}&state={}{iss}", idp.code(&url), param(&url, "state"));
        assert_code(app.finish(&mut browser, "idp", Callback::query(&query)).await, code, iss);
        assert_eq!(idp.count("/token"), 0, "{iss}: the code is not sent");
        assert!(browser.cookies.is_empty(), "{iss}: the record is taken");
        app.login(&idp).await.unwrap();
    }
}

async fn refusal_d5_an_error_is_believed_only_with_a_valid_state(place: Place) {
    let idp = Idp::new();
    let app = app(&idp, &place);
    for name in ["idp", "post"] {
        let callback = |query: &str| match name {
            "post" => Callback::form(Some(FORM), query.as_bytes()),
            _ => Callback::query(query),
        };
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, name).await.unwrap();
        let requests = app.requests();
        for (state, code) in [("", "state_missing"), ("&state=x", "state_mismatch")] {
            let query = format!("error=access_denied%0A&error_description=d&iss={ISSUER}{state}");
            let error =
                assert_code(app.finish(&mut browser, name, callback(&query)).await, code, state);
            assert!(error.to_string().contains(r"access_denied\n"), "{error}");
            assert_eq!(browser.cookies.len(), 1, "nothing is taken");
        }
        let query = format!(
            "error=access_denied&error_description=No+%3Cb%3E&error_uri=https%3A%2F%2Fx&iss={ISSUER}\
             &state={}",
            param(&url, "state")
        );
        let error = app.finish(&mut browser, name, callback(&query)).await.unwrap_err();
        let expected = Rejection::new("access_denied")
            .explained(Some("No <b>".to_owned()), Some("https://x".to_owned()));
        let Error::Rejected(got) = error else { panic!("{error}") };
        assert_eq!((got, app.requests()), (expected, requests));
        assert!(browser.cookies.is_empty(), "the record is taken");
        let again = app.finish(&mut browser, name, callback(&query)).await;
        assert_code(again, "state_mismatch", "again");
    }
}

async fn refusal_d6_parameters_twice_and_responses_in_the_wrong_place(place: Place) {
    let idp = Idp::new();
    let app = app(&idp, &place);
    let query = |text: &str| Callback::query(text);
    let form = |text: &str| Callback::form(Some(FORM), text.as_bytes());
    let other_type = |text: &str| Callback::form(Some("application/json"), text.as_bytes());
    let no_type = |text: &str| Callback::form(None, text.as_bytes());
    type Make<'a> = &'a dyn Fn(&str) -> Callback;
    let cases: [(&str, Make<'_>, &str, &str); 9] = [
        ("idp", &query, "&code=again", "duplicate_param"),
        ("idp", &query, "&error=x&error=y", "duplicate_param"),
        ("idp", &query, "&access_token=t", "response_mode_mismatch"),
        ("idp", &query, "&response=a.b.c", "unexpected_jarm"),
        ("idp", &form, "", "response_mode_mismatch"),
        ("post", &query, "", "response_mode_mismatch"),
        ("post", &other_type, "", "malformed"),
        ("post", &no_type, "", "malformed"),
        ("one", &form, "", "response_mode_mismatch"),
    ];
    for (name, make, more, code) in cases {
        let mut browser = Browser::new();
        let url = app.begin(&mut browser, name).await.unwrap();
        let text = match name {
            "one" => "oauth_token=temp-1&oauth_verifier=v".to_owned(),
            _ => format!("{}{more}", idp.approve(&url)),
        };
        let requests = app.requests();
        assert_code(
            app.finish(&mut browser, name, make(&text)).await,
            code,
            &format!("{name} {more}"),
        );
        assert_eq!(app.requests(), requests, "{name} {more}");
    }
}

async fn refusal_d7_two_tabs_of_every_client_in_one_browser_all_complete(place: Place) {
    let idp = Idp::new();
    let app = app(&idp, &place);
    let mut browser = Browser::new();
    let mut callbacks = Vec::new();
    for name in ["idp", "other", "post", "idp", "other", "post", "one"] {
        let url = app.begin(&mut browser, name).await.unwrap();
        callbacks.push((
            name,
            match name {
                "one" => Callback::query("oauth_token=temp-1&oauth_verifier=v"),
                "post" => Callback::form(Some(FORM), idp.approve(&url).as_bytes()),
                _ => Callback::query(&idp.approve(&url)),
            },
        ));
    }
    callbacks.swap(0, 5);
    callbacks.swap(1, 3);
    for (name, callback) in callbacks {
        app.finish(&mut browser, name, callback).await.unwrap();
    }
    assert!(browser.cookies.is_empty());
}

async fn refusal_d8_what_an_oauth1_callback_may_not_say(place: Place) {
    let idp = Idp::new();
    let app = app(&idp, &place);
    // (callback, code, whether the login's record is taken)
    for (query, code, taken) in [
        ("", "state_missing", false),
        ("oauth_verifier=v", "state_missing", false),
        ("oauth_token=&oauth_verifier=v", "state_mismatch", false),
        ("oauth_token=other&oauth_verifier=v", "state_mismatch", false),
        ("oauth_token=temp-1&oauth_token=temp-1&oauth_verifier=v", "duplicate_param", false),
        ("oauth_token=temp-1", "verifier_missing", true),
        ("oauth_token=temp-1&oauth_verifier=", "verifier_missing", true),
    ] {
        let app = self::app(&idp, &place);
        let mut browser = Browser::new();
        app.begin(&mut browser, "one").await.unwrap();
        let requests = app.requests();
        assert_code(app.finish(&mut browser, "one", Callback::query(query)).await, code, query);
        assert_eq!(browser.cookies.is_empty(), taken, "{query}");
        assert_eq!(app.requests(), requests, "{query}: no request");
    }

    for (answered, code) in [
        ("", "callback_not_confirmed"),
        ("&oauth_callback_confirmed=false", "callback_not_confirmed"),
        ("&oauth_callback_confirmed=1", "callback_not_confirmed"),
    ] {
        let body = format!("oauth_token=t&oauth_token_secret=s{answered}");
        let http = Http::new(move |_| Ok(answer(200, FORM, body.clone())));
        let strict = App::new(http.clone(), |builder| place.on(builder).register("one", oauth1()));
        let mut browser = Browser::new();
        assert_code(strict.begin(&mut browser, "one").await, code, answered);
        assert!(browser.cookies.is_empty());
        let quirk = oauth1().set(Key::Quirks, "no_callback_confirmed");
        let lenient = App::new(http, |builder| place.on(builder).register("one", quirk));
        lenient.begin(&mut browser, "one").await.unwrap();
    }

    // Parameters that name what we hold overwrite nothing.
    let mut browser = Browser::new();
    app.begin(&mut browser, "one").await.unwrap();
    let query = "oauth_token=temp-1&oauth_verifier=v&oauth_token_secret=evil&token_secret=evil\
        &oauth_consumer_key=evil&client_id=evil&redirect_uri=https%3A%2F%2Fevil.example";
    let login = app.finish(&mut browser, "one", Callback::query(query)).await.unwrap();
    assert!(login.token_secret().unwrap().ct_eq("tok-secret"));
    assert_eq!(login.unverified_extra().len(), 5, "they are data");
    let sent = app.last_request();
    assert_eq!(sent.url, "https://one.example/access");
    let header = sent.header("authorization").unwrap();
    assert!(header.contains(r#"oauth_token="temp-1""#) && !header.contains("evil"), "{header}");
    assert!(header.contains(r#"oauth_verifier="v""#), "{header}");
}

#[tokio::test]
async fn refusal_d9_return_to_on_another_host() {
    for path in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "account",
        "",
    ] {
        assert_code(LoginOptions::new().return_to(path), "not_a_local_path", path);
    }
}

async fn refusal_d10_cookies_that_were_tampered_with_are_as_good_as_none(place: Place) {
    let idp = Idp::new();
    let app = app(&idp, &place);
    let mut browser = Browser::new();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    let (name, value) = browser.only_cookie();
    let mut second = Browser::new();
    app.begin(&mut second, "idp").await.unwrap();
    let (others_name, others_value) = second.only_cookie();
    let query = idp.approve(&url);
    let requests = app.requests();
    let flipped = |at: usize| {
        let mut bytes = value.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let plain_name = name.replace("__Host-", "");
    for (what, name, value) in [
        ("the first byte altered", &name, flipped(0)),
        ("a byte altered", &name, flipped(value.len() / 2)),
        ("truncated", &name, value[..value.len() - 4].to_owned()),
        ("empty", &name, String::new()),
        ("text", &name, "{}".to_owned()),
        ("another login's", &name, others_value.clone()),
        ("moved to another's name", &others_name, value.clone()),
        ("moved to the name without a prefix", &plain_name, value.clone()),
    ] {
        let mut tampered = Browser::new();
        tampered.cookies.insert(name.clone(), value);
        let outcome = app.finish(&mut tampered, "idp", Callback::query(&query)).await;
        assert_code(outcome, "state_mismatch", what);
        assert_eq!(app.requests(), requests, "{what}");
    }
    let mut unknown = app.clone();
    unknown.seal = client_registry::Seal::generate();
    let outcome = unknown.finish(&mut browser.clone(), "idp", Callback::query(&query)).await;
    assert_code(outcome, "state_mismatch", "sealed by an unknown key");
    // Beside its own, tampered ones do no harm.
    browser.cookies.insert(others_name, value);
    app.finish(&mut browser, "idp", Callback::query(&query)).await.unwrap();
}

async fn refusal_d11_a_hundred_logins_at_once_get_their_own_tokens(place: Place) {
    let idp = Idp::new();
    let app = app(&idp, &place);
    let logins: Vec<_> = (0..100)
        .map(|_| {
            let (app, idp) = (app.clone(), idp.clone());
            tokio::spawn(async move {
                let mut browser = Browser::new();
                let url = app.begin(&mut browser, "idp").await.unwrap();
                let query = idp.approve(&url);
                let code = param(&format!("https://x.example/?{query}"), "code");
                let login = app.finish(&mut browser, "idp", Callback::query(&query)).await.unwrap();
                assert!(login.access_token().ct_eq(&format!("access-{code}")), "{code}");
            })
        })
        .collect();
    for login in logins {
        login.await.unwrap();
    }
}

async fn refusal_d12_an_oauth1_denial_is_a_rejection_and_takes_the_record(place: Place) {
    let idp = Idp::new();
    let app = app(&idp, &place);
    for query in [
        "denied=temp-1",
        "oauth_token=temp-1&denied=temp-1",
        "oauth_token=temp-1&denied=",
        "oauth_token=temp-1&oauth_problem=user_refused",
        "oauth_token=temp-1&oauth_problem=permission_denied",
        "oauth_token=temp-1&oauth_verifier=denied",
        "oauth_problem=user_refused",
        "denied=",
        "error=access_denied",
        "oauth_token=temp-1&error=access_denied&error_description=no",
    ] {
        let app = self::app(&idp, &place);
        let mut browser = Browser::new();
        app.begin(&mut browser, "one").await.unwrap();
        let requests = app.requests();
        let outcome = app.finish(&mut browser, "one", Callback::query(query)).await;
        let error = assert_code(outcome, "access_denied", query);
        assert!(matches!(error, Error::Rejected(_)) && error.status() == 401, "{query}");
        assert!(browser.cookies.is_empty(), "{query}: the record is taken");
        assert_eq!(app.requests(), requests, "{query}: no request");
    }
    // One that is not about a login of this browser says so, with the code as untrusted text.
    let mut browser = Browser::new();
    app.begin(&mut browser, "one").await.unwrap();
    for (query, told) in [
        ("denied=other", "access_denied"),
        ("oauth_token=other&oauth_problem=user_refused", "access_denied"),
        ("oauth_token=other&oauth_problem=boom", "boom"),
        ("oauth_token=other&error=access_denied", "access_denied"),
    ] {
        let outcome = app.finish(&mut browser, "one", Callback::query(query)).await;
        let error = assert_code(outcome, "state_mismatch", query).to_string();
        assert!(error.contains(told), "{error}");
        assert_eq!(browser.cookies.len(), 1, "{query}: nothing is taken");
    }
    let nobody = app.finish(&mut Browser::new(), "one", Callback::query("denied=")).await;
    assert_code(nobody, "state_mismatch", "no login");
}

async fn refusal_d13_a_cross_site_start_does_nothing_but_redirect_or_is_refused(place: Place) {
    // By GET: the answer is a redirect to the provider with a cookie, and the browser's others stay.
    let idp = Idp::new();
    let app = app(&idp, &place);
    let mut browser = Browser::new();
    let live = app.begin(&mut browser, "idp").await.unwrap();
    let url = app.begin(&mut browser, "idp").await.unwrap();
    assert!(url.starts_with("https://idp.example/authorize?"));
    assert_eq!(browser.last.len(), 1, "one cookie is set and none taken");
    app.finish(&mut browser, "idp", Callback::query(&idp.approve(&live))).await.unwrap();

    // By POST: the origin is checked.
    let ours = Some("https://app.example");
    for (origin, site, taken) in [
        (ours, Some("same-origin"), true),
        (ours, None, true),
        (None, Some("same-origin"), true),
        (ours, Some("cross-site"), false),
        (ours, Some("same-site"), false),
        (ours, Some("none"), false),
        (None, Some("cross-site"), false),
        (None, Some("same-site"), false),
        (None, Some("none"), false),
        (None, Some(""), false),
        (None, None, false),
        (Some("null"), Some("same-origin"), true),
        (Some("null"), Some("cross-site"), false),
        (Some("null"), None, false),
        (Some(""), None, false),
        (Some("http://app.example"), None, false),
        (Some("https://app.example:8443"), None, false),
        (Some("https://app.example.evil.example"), None, false),
        (Some("https://evil.example"), Some("same-origin"), false),
        (Some("https://sub.app.example"), None, false),
    ] {
        let outcome = app.registry.check_same_origin(origin, site);
        assert_eq!(outcome.is_ok(), taken, "{origin:?} {site:?}");
        if let Err(error) = outcome {
            assert_eq!((error.code(), error.status()), ("cross_site", 400));
        }
    }
    let without = Registry::builder().http(Http::new(|_| Ok(json_answer(serde_json::json!({})))));
    let without = without.build().unwrap();
    assert_code(without.check_same_origin(ours, None), "config", "no public_url");
    let based = Registry::builder().public_url("https://app.example:443/base").unwrap();
    let based = based.http(Http::silent()).build().unwrap();
    assert!(
        based.check_same_origin(ours, None).is_ok(),
        "the path and the default port say nothing"
    );
}
