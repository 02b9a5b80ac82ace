//! What a person sees. Whatever a provider says is text: [`escape`] makes it so.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use demo_provider::escape;
use serde_json::Value;

/// `user` is a name and, where one is verified, an e-mail address.
pub(crate) fn home(user: Option<(&str, Option<&str>)>) -> Response {
    let main = match user {
        Some((name, email)) => {
            let email = email.unwrap_or("no verified e-mail address");
            format!(
                "<h1>Hello, {}</h1><p>{}</p><p><a href=\"/profile\">Ask Google's API who I am</a></p>\
                 <form method=\"post\" action=\"/logout\"><button>Log out</button></form>",
                escape(name),
                escape(email),
            )
        }
        None => "<h1>Welcome</h1><p><a class=\"button\" href=\"/login\">Log in with Google</a></p>"
            .into(),
    };
    page(StatusCode::OK, &main)
}

pub(crate) fn profile(profile: &Value) -> Response {
    let json = escape(&format!("{profile:#}"));
    page(StatusCode::OK, &format!("<h1>Profile</h1><pre>{json}</pre><p><a href=\"/\">Back</a></p>"))
}

pub(crate) fn problem(status: StatusCode, text: &str) -> Response {
    let text = escape(text);
    page(
        status,
        &format!("<h1>That did not work</h1><p>{text}</p><p><a href=\"/\">Start again</a></p>"),
    )
}

fn page(status: StatusCode, main: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Log in with Google</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style><main>{main}</main></html>"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'none'",
        ),
    ];
    (status, headers, html).into_response()
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1c2430}\
main{max-width:32rem;margin:10vh auto;padding:2rem;background:#fff;border-radius:12px;overflow-wrap:anywhere}\
a.button,button{font:inherit;display:inline-block;padding:.6rem 1rem;border:0;border-radius:8px;\
background:#2456d6;color:#fff;text-decoration:none;cursor:pointer}pre{white-space:pre-wrap}";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn text_of_a_provider_is_escaped_on_every_page() {
        let evil = "<script>alert(1)</script>";
        let pages = [
            home(Some((evil, Some(evil)))),
            profile(&serde_json::json!({"name": evil, evil: 1})),
            problem(StatusCode::BAD_REQUEST, evil),
        ];
        for page in pages {
            let body = axum::body::to_bytes(page.into_body(), 1 << 20).await.unwrap();
            let html = std::str::from_utf8(&body).unwrap();
            assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
        }
    }
}
