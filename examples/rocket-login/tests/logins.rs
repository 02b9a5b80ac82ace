//! Each of the three logs in at the embedded provider.

use integration_rocket::Env;
use rocket::local::asynchronous::Client;
use serde_json::Value;

#[rocket::async_test]
async fn each_protocol_tells_who_logged_in() {
    for (protocol, claim, who) in [
        ("openid", "sub", "user-alice"),
        ("oauth2", "login", "alice"),
        ("oauth1", "screen_name", "alice"),
    ] {
        let url = "http://127.0.0.1:1";
        let (provider, vars) = demo_provider::for_examples(url).await.unwrap();
        provider.set_auto_approve(Some("alice"));
        let app = rocket_login::app(protocol, Env::from_vars(vars), url).unwrap().unwrap();
        let browser = Client::debug(app).await.unwrap();

        let begun = browser.get("/login").dispatch().await;
        assert_eq!(begun.status().code, 303, "{protocol}");
        let location = begun.headers().get_one("location").unwrap().to_owned();
        let back = location_of(&location).await;
        let answer = browser.get(back.strip_prefix(url).unwrap()).dispatch().await;
        assert_eq!(answer.status().code, 200, "{protocol}");
        let profile: Value = serde_json::from_str(&answer.into_string().await.unwrap()).unwrap();
        assert_eq!((&profile[claim], &profile["name"]), (&who.into(), &"Alice".into()));
    }
}

#[test]
fn a_missing_setting_and_an_unknown_protocol_are_told() {
    let none = || Env::from_vars([("UNRELATED", "x")]);
    for (protocol, variable) in
        [("openid", "GOOGLE_CLIENT_"), ("oauth2", "GITHUB_CLIENT_"), ("oauth1", "CLASSIC_CLIENT_")]
    {
        let error =
            rocket_login::app(protocol, none(), "http://127.0.0.1:1").unwrap().err().unwrap();
        assert!(error.to_string().contains(variable), "{error}");
    }
    assert!(rocket_login::app("oauth3", none(), "http://127.0.0.1:1").is_none());
}

/// Where the provider sends a browser.
async fn location_of(url: &str) -> String {
    let policy = reqwest::redirect::Policy::none();
    let http = reqwest::Client::builder().redirect(policy).build().unwrap();
    let answer = http.get(url).send().await.unwrap();
    answer.headers()["location"].to_str().unwrap().to_owned()
}
