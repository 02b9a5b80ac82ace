//! The lines that README and the design promise, as an application writes them.

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use integration_axum::{
    Callback, Env, Error, OAuth, OAuthLayer, Redirect, Seal, Toml, UserInfo, providers,
};

fn application() -> Result<Router, Box<dyn std::error::Error>> {
    let oauth = OAuth::builder()
        .public_url("https://app.example")?
        .source(Toml::file("oauth.toml")?)
        .source(Env::read())
        .register("google", providers::google())
        .build()?;
    let app = Router::new()
        .route("/login/{name}", get(login))
        .route("/authorize/{name}", get(authorize).post(authorize))
        .route("/repos", get(repos))
        .layer(OAuthLayer::new(oauth, Seal::from_env("OAUTH_SEAL_KEY")?));
    Ok(app)
}

async fn login(oauth: OAuth, Path(name): Path<String>) -> Result<Redirect, Error> {
    oauth.client(&name)?.authorize_redirect(oauth.callback_url(&name)?).await
}

async fn authorize(
    oauth: OAuth,
    Path(name): Path<String>,
    callback: Callback,
) -> Result<Json<UserInfo>, Error> {
    let token = oauth.client(&name)?.authorize_access_token(callback).await?;
    Ok(Json(token.userinfo().await?))
}

type Repo = serde_json::Value;

async fn repos(oauth: OAuth) -> Result<Json<Vec<Repo>>, Error> {
    let repos: Vec<Repo> = oauth.client("github")?.get("user/repos").await?.json().await?;
    Ok(Json(repos))
}

#[test]
fn the_promised_lines_compile_and_a_missing_file_is_told_by_name() {
    let error = application().expect_err("there is no such file here").to_string();
    assert!(error.contains("oauth.toml"), "{error}");
}
