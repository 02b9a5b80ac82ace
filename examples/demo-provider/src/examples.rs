//! What the examples of logins begin with under `--demo`.

use std::io;

use crate::{Client, DemoProvider, Running};

/// A provider on this machine, and the variables of the environment that lead the application at
/// `public_url` to it: its clients `google` (OpenID Connect), `github` (OAuth 2.0) and `classic`
/// (OAuth 1.0), with the callbacks `/authorize/{name}`.
///
/// # Errors
/// Those of binding its socket.
pub async fn for_examples(public_url: &str) -> io::Result<(Running, Vec<(&'static str, String)>)> {
    let mut client = Client::confidential("demo", "demo-secret").name("the smallest login");
    for name in ["google", "github", "classic"] {
        client = client.redirect_uri(&format!("{public_url}/authorize/{name}"));
    }
    let provider = DemoProvider::builder().client(client).bind(0).await?;
    let at = |path: &str| format!("{}{path}", provider.base_url());
    let mut vars = vec![
        ("GOOGLE_ISSUER", at("")),
        ("GITHUB_AUTHORIZE_URL", at("/authorize")),
        ("GITHUB_ACCESS_TOKEN_URL", at("/token")),
        ("GITHUB_API_BASE_URL", at("/api/")),
        ("GITHUB_SCOPE", "profile email".to_owned()),
        ("CLASSIC_REQUEST_TOKEN_URL", at("/oauth1/request_token")),
        ("CLASSIC_AUTHORIZE_URL", at("/oauth1/authorize")),
        ("CLASSIC_ACCESS_TOKEN_URL", at("/oauth1/access_token")),
        ("CLASSIC_API_BASE_URL", at("/oauth1/")),
    ];
    for name in ["GOOGLE_CLIENT_ID", "GITHUB_CLIENT_ID", "CLASSIC_CLIENT_ID"] {
        vars.push((name, "demo".to_owned()));
    }
    for name in ["GOOGLE_CLIENT_SECRET", "GITHUB_CLIENT_SECRET", "CLASSIC_CLIENT_SECRET"] {
        vars.push((name, "demo-secret".to_owned()));
    }
    Ok((provider, vars))
}
