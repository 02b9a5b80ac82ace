//! What a person sees. All text from outside goes through [`escape`], cut first.

use axum::http::StatusCode;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use client_registry::{Error, Reason, public_message};
use demo_provider::escape;

use crate::sessions::User;

/// A way to sign in: one of the registry's clients.
pub(crate) struct Way {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) protocol: &'static str,
    pub(crate) is_demo: bool,
}

/// The ways there are, and the presets that settings would make ways: titles, and the variable of
/// the environment that each begins with.
pub(crate) fn sign_in(
    ways: impl Iterator<Item = Way>,
    presets: impl Iterator<Item = (&'static str, String)>,
) -> Response {
    let (mut here, elsewhere): (Vec<_>, Vec<_>) = ways.partition(|way| way.is_demo);
    here.sort_by_key(|way| std::cmp::Reverse(way.protocol));
    let there = match elsewhere.is_empty() {
        true => String::new(),
        false => format!("<h2>On the internet</h2><nav>{}</nav>", choices(&elsewhere)),
    };
    let presets: String = presets
        .map(|(title, variable)| row(title, &format!("<code>{}</code>", escape(&variable))))
        .collect();
    let presets = match presets.is_empty() {
        true => String::new(),
        false => format!(
            "<details><summary>Providers on the internet</summary><p>Each gets a button where its \
             credentials are in the environment: this variable, and its like that ends in \
             <code>CLIENT_SECRET</code>.</p><dl>{presets}</dl></details>"
        ),
    };
    page(
        StatusCode::OK,
        "Sign in",
        &format!(
            "<h1>Sign in</h1><p>One application, three protocols, every check on. The provider of \
             these three runs inside this program: nothing leaves your machine, and any user name \
             and password will do.</p><nav>{}</nav>{there}{presets}",
            choices(&here)
        ),
    )
}

fn choices(ways: &[Way]) -> String {
    let choice = |way: &Way| {
        let who = match way.protocol {
            "OpenID Connect" => "A signed ID token says who you are.",
            "OAuth 2.0" => "A profile says who you are, asked for with an access token.",
            _ => "A profile says who you are. Every request is signed.",
        };
        format!(
            "<a class=\"choice\" href=\"/login/{}\"><b>{}</b><small>{who}</small></a>",
            escape(&way.name),
            escape(&way.title),
        )
    };
    ways.iter().map(choice).collect()
}

pub(crate) fn signed_in(user: &User) -> Response {
    let info = &user.info;
    let email = info.email().map_or_else(String::new, |email| {
        let vouched = if email.verified { "verified" } else { "not verified" };
        row("E-mail", &format!("{} <small>({vouched})</small>", shown(email.address)))
    });
    let name = info.name().or(info.preferred_username()).unwrap_or(info.sub());
    let issuer = info.iss().map_or_else(String::new, |iss| row("Issuer", &shown(iss)));
    let checks: String = user
        .checks
        .iter()
        .map(|check| format!("<li><b>{}</b> {}</li>", escape(check.what), shown(&check.how)))
        .collect();
    page(
        StatusCode::OK,
        "Signed in",
        &format!(
            "<h1>Hello, {name}</h1><p>You are signed in by <strong>{title}</strong>.</p>\
             <dl>{protocol}{sub}{email}{issuer}{scope}</dl>\
             <h2>What was checked before it counted</h2><ul class=\"checks\">{checks}</ul>\
             <div class=\"row\"><a class=\"button\" href=\"/call\">Call the API with the token</a>\
             <form method=\"post\" action=\"/logout\"><button>Log out</button></form></div>",
            name = shown(name),
            title = escape(&user.title),
            protocol = row("Protocol", user.protocol),
            sub = row("Subject", &shown(info.sub())),
            scope =
                user.token.scope().map_or_else(String::new, |scope| row("Scope", &shown(scope))),
        ),
    )
}

/// The answer to an API call.
pub(crate) fn answer(path: &str, answer: &serde_json::Value) -> Response {
    page(
        StatusCode::OK,
        "API call",
        &format!(
            "<h1>GET {}</h1><p>The token was put on the request. The API answered:</p>\
             <pre>{}</pre><div class=\"row\"><a class=\"button\" href=\"/\">Back</a></div>",
            escape(path),
            shown(&format!("{answer:#}")),
        ),
    )
}

/// A page for an error: what happened, for a person, and a way on. `again` is the name and the title
/// of the client to start again with.
pub(crate) fn problem(error: &Error, again: Option<(&str, &str)>, signed_in: bool) -> Response {
    let (title, text) = match error {
        Error::Rejected(rejection) if rejection.is_the_users_no() => (
            "You did not sign in",
            "The provider was asked not to tell us who you are, and did not. Nothing was kept."
                .to_owned(),
        ),
        Error::Rejected(rejection) => (
            "The provider said no",
            match &rejection.description {
                Some(description) => format!("It says: {}", shown(description)),
                None => format!("Its code for it is {}.", shown(&rejection.code)),
            },
        ),
        Error::Unverified(Reason::LoginReplayed) => (
            "This login was used already",
            "The way back from a provider works once. If you did not reload the page or go back to \
             it, somebody else may have used it."
                .to_owned(),
        ),
        Error::Unverified(Reason::LoginExpired) => {
            ("This login took too long", "It began more than an hour ago.".to_owned())
        }
        Error::Unverified(Reason::WrongClient { .. }) => (
            "This is another provider's answer",
            "It came to the address of a provider that you did not choose.".to_owned(),
        ),
        Error::Unverified(reason) if reason.is_about_the_callback() => (
            "This link is stale",
            "It belongs to no login that this browser has under way: it was used before, it is \
             somebody else's, or this browser keeps no cookies."
                .to_owned(),
        ),
        Error::UnknownClient(_) => ("No such way to sign in", String::new()),
        _ => ("This did not work", escape(public_message(error))),
    };
    let again = match again {
        Some((name, title)) => format!(
            "<a class=\"button\" href=\"/login/{}\">Start again with {}</a>",
            escape(name),
            escape(title)
        ),
        None => String::new(),
    };
    let home = match (signed_in, again.is_empty()) {
        (true, _) => "<a class=\"link\" href=\"/\">You are still signed in: go on</a>",
        (false, false) => "<a class=\"link\" href=\"/\">Other ways to sign in</a>",
        (false, true) => "<a class=\"button\" href=\"/\">Start again</a>",
    };
    page(
        StatusCode::BAD_REQUEST,
        title,
        &format!(
            "<h1>{title}</h1><p>{text}</p><div class=\"row\">{again}{home}</div>\
             <p class=\"note\">Code: <code>{}</code></p>",
            shown(error.code())
        ),
    )
}

pub(crate) fn not_found() -> Response {
    page(
        StatusCode::NOT_FOUND,
        "Nothing here",
        "<h1>Nothing here</h1><p><a class=\"button\" href=\"/\">To the start</a></p>",
    )
}

fn row(name: &str, html: &str) -> String {
    format!("<dt>{}</dt><dd>{html}</dd>", escape(name))
}

/// Text from outside: cut, without control characters, escaped.
fn shown(text: &str) -> String {
    let cut: String =
        text.chars().filter(|c| !c.is_control() || *c == '\n').take(LONGEST).collect();
    let more = if cut.len() < text.len() && cut.chars().count() == LONGEST { "…" } else { "" };
    escape(&cut) + more
}

const LONGEST: usize = 600;

fn page(status: StatusCode, title: &str, main: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title} · Demo</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style><main>{main}</main></html>"
    );
    // There is no form-action: browsers apply it to the redirect that follows a form as well, and the
    // one of the logout leads to the provider.
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
             frame-ancestors 'none'",
        ),
    ];
    (status, headers, html).into_response()
}

const STYLE: &str = include_str!("style.css");

#[cfg(test)]
mod tests {
    use super::*;
    use client_registry::Rejection;

    async fn html(response: Response) -> String {
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn refusal_e12_text_of_a_provider_is_escaped_and_cut() {
        let texts = ["<script>alert(1)</script>", "a\u{1b}[31m\u{0}b", &"x".repeat(100_000)];
        for text in texts {
            let rejection = Rejection::new(text).explained(Some(text.to_owned()), None);
            let page =
                html(problem(&Error::Rejected(rejection), Some(("demo", "Demo")), false)).await;
            assert!(!page.contains("<script") && !page.contains('\u{1b}'), "{text:.40}");
            assert!(page.len() < 10_000, "{}", page.len());
        }
        let profile = serde_json::json!({"sub": "1", "name": "<b>x", "email": "\"><i>@x.example"});
        let page = html(answer("user", &profile)).await;
        assert!(!page.contains("<b>x") && !page.contains("<i>"));
    }
}
