//! The provider of `--demo`: on this machine, for any user and any password.

use std::io;

use demo_provider::{Client, DemoProvider, Running};
use integration_axum::Env;

/// A provider, and the environment that leads the application at `public_url` to it in Twitter's
/// place.
///
/// # Errors
/// Those of binding its socket.
pub async fn demo(public_url: &str) -> io::Result<(Running, Env)> {
    let client = Client::confidential("demo", "demo-secret")
        .name("the Twitter example")
        .redirect_uri(&format!("{public_url}/authorize/twitter"));
    let provider = DemoProvider::builder().client(client).bind(0).await?;
    let at = |path: &str| format!("{}{path}", provider.base_url());
    let env = Env::from_vars([
        ("TWITTER_CLIENT_ID", "demo".to_owned()),
        ("TWITTER_CLIENT_SECRET", "demo-secret".to_owned()),
        ("TWITTER_REQUEST_TOKEN_URL", at("/oauth1/request_token")),
        ("TWITTER_AUTHORIZE_URL", at("/oauth1/authorize")),
        ("TWITTER_ACCESS_TOKEN_URL", at("/oauth1/access_token")),
        ("TWITTER_API_BASE_URL", at("/twitter/")),
    ]);
    Ok((provider, env))
}
