//! Where settings come from, which weigh more, and which mistakes are found when the registry is
//! built.

use client_registry::{Env, Json, Key, Map, Provider, Registry, Toml, providers};

use crate::common::{App, Browser, Http, Idp, assert_code, param};

/// The scope that a registry of these sources asks for with the client `google`.
async fn scope_of(
    add: impl FnOnce(client_registry::Builder) -> client_registry::Builder,
) -> String {
    let idp = Idp::new();
    let app = App::new(idp.http(), |builder| {
        let offline = Env::from_vars([
            ("GOOGLE_ISSUER", crate::common::ISSUER),
            ("GOOGLE_CLIENT_ID", "id"),
            ("GOOGLE_CLIENT_SECRET", "s"),
        ]);
        add(builder.source(offline))
    });
    let url = app.begin(&mut Browser::new(), "google").await.unwrap();
    param(&url, "scope")
}

#[tokio::test]
async fn layers_weigh_preset_file_environment_code_and_overwrite_swaps_the_last_two() {
    let file = || Toml::text("[google]\nscope = \"openid file\"\n").unwrap();
    let env = || Env::from_vars([("GOOGLE_SCOPE", "openid env")]);
    let kwargs = || Env::from_vars([("GOOGLE_CLIENT_KWARGS", r#"{"scope": "openid kwargs"}"#)]);
    let google = providers::google;
    assert_eq!(scope_of(|b| b.register("google", google())).await, "openid email profile");
    assert_eq!(scope_of(|b| b.source(file())).await, "openid file");
    assert_eq!(scope_of(|b| b.source(env()).source(file())).await, "openid env", "in any order");
    let code = || google().scope("openid code");
    let all = |b: client_registry::Builder| b.source(file()).source(env());
    assert_eq!(scope_of(|b| all(b).register("google", code())).await, "openid code");
    assert_eq!(scope_of(|b| all(b).register("google", code().overwrite())).await, "openid env");
    // What client_kwargs holds weighs like the rest of its layer.
    assert_eq!(
        scope_of(|b| b.source(kwargs()).register("google", google())).await,
        "openid kwargs"
    );
    assert_eq!(scope_of(|b| b.source(kwargs()).source(file())).await, "openid kwargs");
    assert_eq!(scope_of(|b| b.source(kwargs()).register("google", code())).await, "openid code");
    let beside =
        || Env::from_vars([("GOOGLE_SCOPE", "openid env"), ("GOOGLE_CLIENT_KWARGS", "scope=x")]);
    assert_eq!(scope_of(|b| b.source(beside()).register("google", google())).await, "openid env");
    let list = || Env::from_vars([("GOOGLE_CLIENT_KWARGS", r#"{"scope": ["openid", "list"]}"#)]);
    assert_eq!(scope_of(|b| b.source(list()).register("google", google())).await, "openid list");
    let later = || Toml::text("[google]\nscope = [\"openid\", \"later\"]\n").unwrap();
    assert_eq!(scope_of(|b| b.source(file()).source(later())).await, "openid later");
}

#[test]
fn a_table_registers_its_client_with_the_preset_of_that_name_or_without_one() {
    let toml = "[github]\nclient_id = \"a\"\nclient_secret = \"b\"\n\
        [intranet]\nissuer = \"https://sso.example\"\nclient_id = \"c\"\nclient_secret = \"d\"\n\
        scope = \"openid\"\n";
    let build =
        |toml: &str| Registry::builder().source(Toml::text(toml)?).http(Http::silent()).build();
    let registry = build(toml).unwrap();
    let names: Vec<_> = registry.names().into_iter().collect();
    let named = |name: &str, title: &str| (name.to_owned(), title.to_owned());
    assert_eq!(names, [named("github", "GitHub"), named("intranet", "intranet")]);
    assert_eq!(registry.client("intranet").unwrap().protocol(), "OpenID Connect");

    for (toml, told) in [
        // A misspelt preset is a client of which nothing is known: the error says what is missing.
        ("[gogle]\nclient_id = \"a\"\nclient_secret = \"b\"\n", "client \"gogle\": authorize_url"),
        ("[github]\nclient_id = \"a\"\n", "client \"github\": client_secret"),
        ("[github]\nclient_secret = \"b\"\n", "client \"github\": client_id"),
        ("[github]\nclient_id = 1.5\n", "github.client_id"),
        ("github = \"x\"\n", "expected a table"),
        ("[github]\nclient_id = \"a\"\nclient_id = \"b\"\n", "line 3"),
        ("[github\n", "not TOML"),
        ("[github]\nclient_idd = \"a\"\n", "\"client_id\""),
        ("[github]\nxyzzy = \"a\"\n", "unknown key \"xyzzy\""),
    ] {
        let error = assert_code(build(toml), "config", toml).to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn the_environment_configures_what_is_registered_and_warns_of_near_misses() {
    let env = Env::from_vars([
        ("MY_IDP_ISSUER", "https://sso.example"),
        ("MY_IDP_CLIENT_ID", "id"),
        ("MY_IDP_CLIENT_SECRET", "s"),
        ("MY_IDP_SCOPES", "canary"),
        ("MY_IDP_TOKEN", "canary"),
        ("OTHER_CLIENT_ID", "id"),
    ]);
    let builder = Registry::builder().source(env).register("my-idp", Provider::new());
    let registry = builder.http(Http::silent()).build().unwrap();
    assert_eq!(registry.names().len(), 1, "the environment registers nothing by itself");
    let [warning] = registry.warnings() else { panic!("{:?}", registry.warnings()) };
    assert!(
        warning.contains("MY_IDP_SCOPES") && warning.contains("MY_IDP_SCOPE meant"),
        "{warning}"
    );
    assert!(!warning.contains("canary"));

    let broken = Env::from_vars([("IDP_CLIENT_ID", "id"), ("IDP_LEEWAY", "soon")]);
    let builder = Registry::builder().source(broken).register("idp", Idp::provider());
    let error = assert_code(builder.http(Http::silent()).build(), "config", "leeway").to_string();
    assert!(
        error.contains("client \"idp\": leeway (from the environment's IDP_LEEWAY)"),
        "{error}"
    );
}

#[test]
fn names_that_would_share_variables_or_are_no_names_are_refused() {
    let build = |names: &[&str]| {
        let builder = Registry::builder().http(Http::silent());
        names.iter().fold(builder, |builder, name| builder.register(*name, Idp::provider())).build()
    };
    for names in [["my-idp", "my_idp"], ["idp", "IDP"], ["a-b_c", "A_B-C"]] {
        let error = assert_code(build(&names), "config", names[0]).to_string();
        assert!(error.contains(names[0]) && error.contains(names[1]), "{error}");
    }
    for name in ["", "a/b", "a b", "{name}", "é", "a.b", "..", &"n".repeat(65)] {
        assert_code(build(&[name]), "config", name);
    }
    for name in ["a", "A-1_b", &"n".repeat(64)] {
        assert!(build(&[name]).is_ok(), "{name}");
    }
}

#[test]
fn a_registry_needs_an_http_client_and_says_where_there_is_one() {
    let error = assert_code(Registry::builder().build(), "config", "none").to_string();
    assert!(error.contains("integration-reqwest"), "{error}");
    let made = Registry::builder().default_http(|_| Ok(std::sync::Arc::new(Http::silent())));
    assert!(made.build().is_ok());
}

#[test]
fn secrets_may_stand_in_files() {
    let path = std::env::temp_dir().join(format!("registry-secret-{}", std::process::id()));
    std::fs::write(&path, "s3cret\r\n").unwrap();
    let env = Env::from_vars([("IDP_CLIENT_SECRET_FILE", path.to_str().unwrap())]);
    let provider = Provider::new().issuer("https://sso.example").client_id("id").scope("openid");
    let builder = || Registry::builder().register("idp", provider.clone()).http(Http::silent());
    let built = builder().source(env).build();
    std::fs::remove_file(&path).unwrap();
    assert!(built.is_ok());
    assert_code(builder().build(), "config", "no secret at all");
    let missing = Env::from_vars([("IDP_CLIENT_SECRET_FILE", "/nonexistent/secret")]);
    assert_code(builder().source(missing).build(), "config", "no such file");
}

#[test]
fn a_key_that_the_client_would_not_read_is_refused_with_its_origin() {
    let oauth1 = || {
        let provider = Provider::new().client_id("id").client_secret("s");
        let at = |path: &str| format!("https://one.example/{path}");
        provider
            .set(Key::RequestTokenUrl, at("request"))
            .set(Key::AuthorizeUrl, at("authorize"))
            .set(Key::AccessTokenUrl, at("access"))
    };
    let oauth2 = || {
        let provider = Provider::new().client_id("id").client_secret("s");
        provider.issuer("https://sso.example").scope("profile")
    };
    for (provider, key, value, speaks) in [
        (oauth1(), Key::Scope, "profile", "OAuth 1.0"),
        (oauth1(), Key::MaxAge, "60", "OAuth 1.0"),
        (oauth1(), Key::Prompt, "login", "OAuth 1.0"),
        (oauth1(), Key::Issuer, "https://one.example", "OAuth 1.0"),
        (oauth2(), Key::Realm, "r", "OAuth 2.0"),
        (oauth2(), Key::SignatureMethod, "PLAINTEXT", "OAuth 2.0"),
        (oauth2(), Key::Prompt, "login", "OAuth 2.0 without the scope openid"),
        (oauth2(), Key::MaxAge, "60", "OAuth 2.0 without the scope openid"),
        (oauth2(), Key::Userinfo, "always", "OAuth 2.0 without the scope openid"),
    ] {
        let build = |builder: client_registry::Builder| {
            let built = builder.http(Http::silent()).build();
            assert_code(built, "config", key.name()).to_string()
        };
        let in_code = provider.clone().set(key, value);
        let error = build(Registry::builder().register("idp", in_code));
        assert!(error.contains(speaks) && error.contains("(from code)"), "{error}");
        let variable = format!("IDP_{}", key.name().to_ascii_uppercase());
        let env = Env::from_vars([(&*variable, value)]);
        let error = build(Registry::builder().register("idp", provider).source(env));
        assert!(error.contains(speaks) && error.contains(&variable), "{error}");
    }
    // A preset may be set up otherwise than it is written: Google without OpenID Connect.
    let google = providers::google().client_id("id").client_secret("s").scope("profile");
    assert!(Registry::builder().register("google", google).http(Http::silent()).build().is_ok());
}

#[test]
fn a_json_file_and_a_map_register_clients_as_a_toml_file_does() {
    let path = std::env::temp_dir().join(format!("registry-{}.json", std::process::id()));
    let json = r#"{"github": {"client_id": "a", "client_secret": "b", "scope": ["user", "repo"]}}"#;
    std::fs::write(&path, json).unwrap();
    let read = Json::file(&path);
    std::fs::remove_file(&path).unwrap();
    let map = Map::from([("twitter", [("client_id", "a"), ("client_secret", "b")])]);
    let builder = Registry::builder().source(read.unwrap()).source(map).http(Http::silent());
    let names: Vec<_> =
        builder.build().unwrap().names().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["github", "twitter"]);

    let map = Map::from([("twitter", [("client_idd", "canary")])]);
    let built = Registry::builder().source(map).http(Http::silent()).build();
    let error = assert_code(built, "config", "a map's unknown key").to_string();
    assert!(error.contains("\"client_id\"") && !error.contains("canary"), "{error}");
}

#[test]
fn every_key_and_quirk_has_a_name_of_its_own() {
    for key in Key::ALL {
        assert_eq!(Key::from_name(key.name()), Some(*key));
        assert_eq!(Key::from_name(&key.name().to_ascii_uppercase()), Some(*key));
    }
    let mut names: Vec<_> = client_registry::Quirk::ALL.iter().map(|quirk| quirk.name()).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn a_client_that_only_looks_tokens_up_needs_one_address() {
    let provider = Provider::new()
        .client_id("api")
        .client_secret("s")
        .set(Key::IntrospectionEndpoint, "https://as.example/introspect");
    let registry = Registry::builder().http(Http::silent()).register("api", provider).build();
    assert_eq!(registry.unwrap().client("api").unwrap().protocol(), "OAuth 2.0");
}

#[test]
fn an_http_client_of_ones_own_stands_for_no_proxy_that_it_was_not_asked_about() {
    let begin = || {
        let provider = Idp::provider().set(Key::Proxy, "http://proxy.example:3128");
        let builder = Registry::builder().default_http(|_| Ok(std::sync::Arc::new(Http::silent())));
        builder.register("idp", provider)
    };
    assert!(begin().build().is_ok(), "the one that is brought along is made for the proxy as well");
    let error = begin().http(Http::silent()).build().unwrap_err();
    assert!(error.code() == "config" && error.to_string().contains("http_for"), "{error}");
    let made = begin().http(Http::silent()).http_for(|_| Ok(std::sync::Arc::new(Http::silent())));
    assert!(made.build().is_ok());
}
