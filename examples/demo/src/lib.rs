//! The demo: an application that logs users in by OAuth 1.0, OAuth 2.0 and OpenID Connect, and the
//! provider it does so with, both on loopback.
//!
//! `routes.rs` is what an application writes; the rest is pages.
#![forbid(unsafe_code)]

mod pages;
mod routes;
mod sessions;

use std::error::Error;
use std::io::ErrorKind;
use std::net::Ipv4Addr;

use client_registry::{Env, Key, Provider, Registry, Seal, providers};
use demo_provider::{Client, DemoProvider, Running};
use integration_axum::OAuth;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The demo at work. Dropping it stops both the application and the provider.
pub struct Demo {
    url: String,
    provider: Running,
    server: JoinHandle<()>,
}

impl Demo {
    /// The address of the page.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The embedded provider.
    pub fn provider(&self) -> &Running {
        &self.provider
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Starts the demo on this port of 127.0.0.1, or on a free one for 0. Presets whose
/// `{NAME}_CLIENT_ID` is in `env` get a button too.
///
/// # Errors
/// If the port is taken, or the settings in `env` are wrong.
pub async fn start(port: u16, env: Env) -> Result<Demo, Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        let problem = match error.kind() {
            ErrorKind::AddrInUse => "it is taken".to_owned(),
            _ => error.to_string(),
        };
        format!("port {port} of 127.0.0.1: {problem}; choose another one (0 for any that is free)")
    })?;
    let url = format!("http://{}", listener.local_addr()?);
    let provider = DemoProvider::builder().bind(0).await?;
    let registry = registry(&url, &provider, env)?;
    let app = routes::router(registry, Seal::generate());
    let server = tokio::spawn(async {
        // It ends with the task.
        drop(axum::serve(listener, app).await);
    });
    Ok(Demo { url, provider, server })
}

/// The demo's three clients, and the presets that the environment configures.
fn registry(url: &str, provider: &Running, env: Env) -> Result<Registry, Box<dyn Error>> {
    let secret = protocol_core::random::token();
    let mut client = Client::confidential("demo", &secret).name("the demo");
    for (name, _) in demo_clients(provider) {
        client = client.redirect_uri(&format!("{url}/authorize/{name}"));
        client = client.post_logout_redirect_uri(&format!("{url}/logged-out/{name}"));
    }
    provider.add_client(client)?;

    let mut builder = OAuth::builder().public_url(url)?;
    for (name, settings) in demo_clients(provider) {
        builder = builder.register(name, settings.client_id("demo").client_secret(secret.clone()));
    }
    for preset in providers::ALL {
        if env.has(preset.name, Key::ClientId)
            && let Some(preset_provider) = providers::by_name(preset.name)
        {
            builder = builder.register(preset.name, preset_provider);
        }
    }
    Ok(builder.source(env).build()?)
}

fn demo_clients(provider: &Running) -> [(&'static str, Provider); 3] {
    let at = |path: &str| format!("{}{path}", provider.base_url());
    [
        (
            "demo-oauth1",
            Provider::new()
                .title("Demo (OAuth 1.0)")
                .set(Key::RequestTokenUrl, at("/oauth1/request_token"))
                .set(Key::AuthorizeUrl, at("/oauth1/authorize"))
                .set(Key::AccessTokenUrl, at("/oauth1/access_token"))
                .set(Key::ApiBaseUrl, at("/oauth1/"))
                .set(Key::UserinfoEndpoint, "profile"),
        ),
        (
            "demo-oauth2",
            Provider::new()
                .title("Demo (OAuth 2.0)")
                .scope("profile email notes")
                .set(Key::AuthorizeUrl, at("/authorize"))
                .set(Key::AccessTokenUrl, at("/token"))
                .set(Key::ApiBaseUrl, at("/api/"))
                .set(Key::UserinfoEndpoint, "user"),
        ),
        (
            "demo-openid",
            Provider::new()
                .title("Demo (OpenID Connect)")
                .issuer(provider.issuer())
                .scope("openid profile email notes")
                .set(Key::ApiBaseUrl, at("/api/")),
        ),
    ]
}
