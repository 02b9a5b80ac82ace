//! The provider of `--demo`: on this machine, for any user and any password.

use std::io;

use demo_provider::{Client, DemoProvider, Running};
use integration_axum::Env;

/// A provider, and the environment that leads the application at `public_url` to it in Google's
/// place.
///
/// # Errors
/// Those of binding its socket.
pub async fn demo(public_url: &str) -> io::Result<(Running, Env)> {
    let client = Client::confidential("demo", "demo-secret")
        .name("the Google example")
        .redirect_uri(&format!("{public_url}/authorize/google"));
    let provider = DemoProvider::builder().client(client).bind(0).await?;
    let env = Env::from_vars([
        ("GOOGLE_CLIENT_ID", "demo".to_owned()),
        ("GOOGLE_CLIENT_SECRET", "demo-secret".to_owned()),
        ("GOOGLE_ISSUER", provider.issuer().to_owned()),
        ("GOOGLE_API_BASE_URL", format!("{}/google/", provider.base_url())),
    ]);
    Ok((provider, env))
}
