//! A session begins with a login and ends with the button.

use integration_rocket::Env;
use rocket::http::{Header, Status};
use rocket::local::asynchronous::Client;

#[rocket::async_test]
async fn a_user_logs_in_calls_the_api_and_logs_out() {
    let url = "http://127.0.0.1:1";
    let (provider, vars) = demo_provider::for_examples(url).await.unwrap();
    provider.set_auto_approve(Some("alice"));
    let app = rocket_sessions::app(Env::from_vars(vars), url).unwrap();
    let browser = Client::debug(app).await.unwrap();

    assert!(page(&browser, "/").await.1.contains("Log in with Google"));
    assert_eq!(page(&browser, "/repos").await.0, Status::Unauthorized, "nobody is signed in");

    for client in ["google", "github"] {
        let begun = location(&browser, &format!("/login/{client}")).await;
        let back = at_provider(&begun).await;
        assert_eq!(location(&browser, back.strip_prefix(url).unwrap()).await, "/");
        let (status, home) = page(&browser, "/").await;
        assert!(status == Status::Ok && home.contains("Hello, Alice"), "{home}");
        let (status, body) = page(&browser, "/repos").await;
        // Each user has the token of one's own login: who came by Google has none of GitHub.
        let expected = if client == "github" { Status::Ok } else { Status::Unauthorized };
        assert_eq!(status, expected, "{body}");
    }

    for (origin, expected, after) in [
        ("https://evil.example", Status::BadRequest, "Hello, Alice"),
        (url, Status::SeeOther, "Log in with Google"),
    ] {
        let sign_out = browser.post("/sign-out").header(Header::new("origin", origin));
        assert_eq!(sign_out.dispatch().await.status(), expected, "{origin}");
        assert!(page(&browser, "/").await.1.contains(after), "{origin}");
    }
}

#[rocket::async_test]
async fn a_session_is_kept_by_one_cookie_that_only_this_application_can_make() {
    let url = "https://app.example";
    let (provider, vars) = demo_provider::for_examples(url).await.unwrap();
    provider.set_auto_approve(Some("alice"));
    let app = rocket_sessions::app(Env::from_vars(vars), url).unwrap();
    let browser = Client::debug(app).await.unwrap();

    let begun = location(&browser, "/login/google").await;
    let back = at_provider(&begun).await;
    let done = browser.get(back.strip_prefix(url).unwrap()).dispatch().await;
    let cookie = done.cookies().get("session").unwrap();
    assert_eq!((cookie.secure(), cookie.http_only()), (Some(true), Some(true)));
    assert_eq!(cookie.same_site().unwrap().to_string(), "Lax");
    assert!(!cookie.value().contains("alice"), "it is sealed");

    let forged = browser.get("/").private_cookie(("session", "no list")).dispatch().await;
    assert!(forged.into_string().await.unwrap().contains("Log in with Google"));
    let forged = browser.get("/").cookie(("session", "[\"a\",\"Mallory\"]")).dispatch().await;
    assert!(forged.into_string().await.unwrap().contains("Log in with Google"));
}

async fn page(browser: &Client, path: &str) -> (Status, String) {
    let answer = browser.get(path).dispatch().await;
    (answer.status(), answer.into_string().await.unwrap())
}

async fn location(browser: &Client, path: &str) -> String {
    let answer = browser.get(path).dispatch().await;
    assert_eq!(answer.status(), Status::SeeOther, "{path}");
    answer.headers().get_one("location").unwrap().to_owned()
}

/// Where the provider sends a browser.
async fn at_provider(url: &str) -> String {
    let policy = reqwest::redirect::Policy::none();
    let http = reqwest::Client::builder().redirect(policy).build().unwrap();
    let answer = http.get(url).send().await.unwrap();
    answer.headers()["location"].to_str().unwrap().to_owned()
}
