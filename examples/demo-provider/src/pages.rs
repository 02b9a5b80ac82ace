//! What a person sees. All text from outside goes through [`escape`]; every page says what this is.

use std::sync::LazyLock;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol_core::{base64url, digest};

use crate::web;

/// The hidden fields of a form: which request it is about, and the proof that we made the form.
pub(crate) struct FormKey<'a> {
    pub(crate) request: &'a str,
    pub(crate) csrf: &'a str,
}

impl FormKey<'_> {
    fn fields(&self) -> String {
        hidden("request", self.request) + &hidden("csrf", self.csrf)
    }
}

pub(crate) fn login(key: &FormKey<'_>, client: &str, hint: &str, problem: &str) -> Response {
    let problem = alert(problem);
    let main = format!(
        "<h1>Log in</h1><p>to continue to <strong>{client}</strong></p>{problem}\
         <form method=\"post\" action=\"/login\">{fields}\
         <label>User name<input name=\"username\" value=\"{hint}\" autocomplete=\"username\" \
         autocapitalize=\"none\" spellcheck=\"false\" required autofocus></label>\
         <label>Password<input name=\"password\" type=\"password\" \
         autocomplete=\"current-password\"></label>\
         <p class=\"note\">Any password will do; so will any user name, <em>alice</em> say. \
         Never type a real password here.</p>\
         <div class=\"row\"><button class=\"main\">Log in</button></div></form>",
        client = escape(client),
        fields = key.fields(),
        hint = escape(hint),
    );
    page(StatusCode::OK, "Log in", &main)
}

pub(crate) fn consent(
    key: &FormKey<'_>,
    client: &str,
    username: &str,
    asks: &[&str],
    goes_to: &str,
    problem: &str,
) -> Response {
    let problem = alert(problem);
    let asks: String = asks.iter().map(|ask| format!("<li>{}</li>", escape(ask))).collect();
    let main = format!(
        "<h1>Allow <strong>{client}</strong>?</h1>{problem}<p>It asks, as <strong>{user}</strong>, to</p>\
         <ul>{asks}</ul><form method=\"post\" action=\"/consent\">{fields}<div class=\"row\">\
         <button class=\"main\" name=\"decision\" value=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\">Deny</button></div>\
         <p class=\"note\">You will return to {goes_to}. \
         <button class=\"link\" name=\"decision\" value=\"switch\">Not {user}?</button></p></form>",
        client = escape(client),
        user = escape(username),
        fields = key.fields(),
        goes_to = escape(goes_to),
    );
    page(StatusCode::OK, "Allow access", &main)
}

/// The verifier of an OAuth 1 client that cannot be redirected to (RFC 5849 §2.2, `oob`).
pub(crate) fn verifier(client: &str, verifier: &str) -> Response {
    let main = format!(
        "<h1>Allowed</h1><p>Type this into <strong>{}</strong>:</p><p><code>{}</code></p>",
        escape(client),
        escape(verifier),
    );
    page(StatusCode::OK, "Allowed", &main)
}

/// Asks before it logs out; `asked` comes back with the answer.
pub(crate) fn log_out<'a>(csrf: &str, asked: impl Iterator<Item = (&'a str, &'a str)>) -> Response {
    let asked: String = asked.map(|(name, value)| hidden(name, value)).collect();
    let main = format!(
        "<h1>Log out?</h1><form method=\"post\" action=\"/logout\">{asked}{}<div class=\"row\">\
         <button class=\"main\">Log out</button></div></form>",
        hidden("csrf", csrf),
    );
    page(StatusCode::OK, "Log out", &main)
}

/// The end of a logout: its frames tell the clients, and once they have loaded the browser goes on.
pub(crate) fn logged_out(frames: &[String], back: Option<&str>) -> Response {
    let back = back.map_or(String::new(), |back| {
        format!("<p><a class=\"on\" href=\"{}\">Continue</a></p>", escape(back))
    });
    let frames: String = frames
        .iter()
        .map(|uri| format!("<iframe hidden src=\"{}\"></iframe>", escape(uri)))
        .collect();
    let main = format!("<h1>You are logged out</h1>{back}{frames}<script>{GO_ON}</script>");
    let mut response = page(StatusCode::OK, "Logged out", &main);
    let policy = format!("{}; frame-src *", *CONTENT_SECURITY_POLICY);
    web::insert(&mut response, header::CONTENT_SECURITY_POLICY, &policy);
    response
}

/// An error that must not travel to a redirect URI, because there is none to trust.
pub(crate) fn error(text: &str) -> Response {
    let main = format!("<h1>This cannot go on</h1><p>{}</p>", escape(text));
    page(StatusCode::BAD_REQUEST, "Error", &main)
}

pub(crate) fn home(issuer: &str) -> Response {
    let main = format!(
        "<h1>Demo provider</h1><p>It speaks OpenID Connect, OAuth 2.0 and OAuth 1.0a. Its issuer is</p>\
         <p><code>{}</code></p><p class=\"note\">Start at an application that logs in here; there is \
         nothing to do on this page. <a href=\"/.well-known/openid-configuration\">Metadata</a></p>",
        escape(issuer),
    );
    page(StatusCode::OK, "Home", &main)
}

/// The page that posts an answer on to the client (OAuth 2.0 Form Post Response Mode §2).
pub(crate) fn form_post(redirect_uri: &str, pairs: &[(&str, &str)]) -> Response {
    let fields: String = pairs.iter().map(|(name, value)| hidden(name, value)).collect();
    let main = format!(
        "<h1>One moment</h1><form method=\"post\" action=\"{}\">{fields}<div class=\"row\">\
         <button class=\"main\">Continue</button></div></form><script>{SUBMIT}</script>",
        escape(redirect_uri),
    );
    page(StatusCode::OK, "Continue", &main)
}

/// `text` fit for element content and for quoted attribute values.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

fn alert(problem: &str) -> String {
    match problem {
        "" => String::new(),
        text => format!("<p class=\"problem\" role=\"alert\">{}</p>", escape(text)),
    }
}

fn hidden(name: &str, value: &str) -> String {
    let (name, value) = (escape(name), escape(value));
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
}

fn page(status: StatusCode, title: &str, main: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title} · Demo provider</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style>\
         <div class=\"banner\" role=\"note\">Demo provider: for tests on this machine only</div>\
         <main>{main}</main></html>",
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, &**CONTENT_SECURITY_POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, html).into_response()
}

/// Our own style and script and nothing else. There is no `form-action`: browsers apply it to the
/// redirect that follows a form as well, and that one leads to the client.
static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| base64url::encode_standard(digest::sha256(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}' 'sha256-{}'; img-src data:; \
         base-uri 'none'; frame-ancestors 'none'",
        hash(STYLE),
        hash(SUBMIT),
        hash(GO_ON)
    )
});

const SUBMIT: &str = "document.forms[0].submit()";
const GO_ON: &str = "addEventListener('load', () => document.querySelector('a.on')?.click())";

const STYLE: &str = "\
:root{color-scheme:light dark;--bg:#f4f5f7;--card:#fff;--ink:#1c2430;--soft:#5b6675;--line:#d5dae1;\
--main:#2456d6;--on-main:#fff;--warn:#ffd166;--on-warn:#3a2b00;--bad:#b3261e}\
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1b212a;--ink:#e8ecf2;--soft:#9aa6b5;\
--line:#343d4a;--main:#7da2ff;--on-main:#0c1530;--warn:#6b5200;--on-warn:#ffeab8;--bad:#ff9d94}}\
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);\
font:16px/1.5 system-ui,sans-serif}\
.banner{background:var(--warn);color:var(--on-warn);padding:.6rem 1rem;text-align:center;\
font-weight:600}\
main{width:min(26rem,100% - 2rem);margin:8vh auto;padding:2rem;background:var(--card);\
border:1px solid var(--line);border-radius:14px;overflow-wrap:anywhere}\
h1{margin:0 0 .5rem;font-size:1.4rem;font-weight:600}p{margin:.5rem 0}ul{padding-left:1.2rem}main>:last-child,form>:last-child{margin-bottom:0}\
label{display:block;margin:1rem 0;font-weight:600}\
input{display:block;width:100%;margin-top:.3rem;padding:.6rem .7rem;font:inherit;color:inherit;\
background:transparent;border:1px solid var(--line);border-radius:8px}\
:focus-visible{outline:3px solid var(--main);outline-offset:2px}\
.row{display:flex;gap:.7rem;margin-top:1.3rem}\
button{flex:1;padding:.65rem 1rem;font:inherit;font-weight:600;color:inherit;cursor:pointer;\
background:transparent;border:1px solid var(--line);border-radius:8px}\
button.main{background:var(--main);border-color:var(--main);color:var(--on-main)}\
button.link{padding:0;border:0;color:var(--main);font-weight:400;text-decoration:underline}\
a{color:var(--main)}.note{color:var(--soft);font-size:.9rem}.problem{color:var(--bad);font-weight:600}\
code{font-size:1.05rem}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_leave_its_place() {
        assert_eq!(escape("<b a=\"x\" b='y'>&"), "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
        assert_eq!(
            hidden("n\"", "<script>"),
            "<input type=\"hidden\" name=\"n&quot;\" value=\"&lt;script&gt;\">"
        );
    }
}
