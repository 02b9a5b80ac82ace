//! Presets of OAuth 2.0. Beside each sample stands the page that it is from, and how old the copy that
//! was read is; or that it is of our making, and after what.

use serde_json::json;

use super::case::{Case, assert_user, sample};
use client_registry::Key;

/// The parameters that every authorization request has here.
macro_rules! asks {
    ($front:literal, $name:literal, $scope:literal) => {
        concat!(
            $front,
            "?response_type=code&client_id=id&redirect_uri=https%3A%2F%2Fapp.example%2Fauthorize%2F",
            $name,
            "&state={state}&scope=",
            $scope,
            "&code_challenge={code_challenge}&code_challenge_method=S256"
        )
    };
}

/// The token request, from the code on.
macro_rules! trades {
    ($name:literal, $rest:literal) => {
        concat!(
            "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fapp.example%2Fauthorize%2F",
            $name,
            "&code_verifier={code_verifier}",
            $rest
        )
    };
}

const POSTED: &str = "&client_id=id&client_secret=s3cret";

#[tokio::test]
async fn github() {
    // https://docs.github.com/en/rest/users/users#get-the-authenticated-user, as octokit.rest/GET/user
    // shows it, an undated copy, without the counts and most addresses of the API; and
    // https://docs.github.com/en/enterprise-server@3.7/rest/users/emails, an undated copy.
    let done = Case {
        answers: vec![
            (
                "https://github.com/login/oauth/access_token",
                // https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
                json!({
                    "access_token": "gho_16C7e42F292c6912E7710c838347Ae178B4a",
                    "scope": "read:user,user:email", "token_type": "bearer",
                }),
            ),
            ("https://api.github.com/user", sample!("github")),
            ("https://api.github.com/user/emails", sample!("github-emails")),
        ],
        ..Case::of("github")
    }
    .log_in()
    .await;
    assert_eq!(
        done.requests,
        [
            asks!("https://github.com/login/oauth/authorize", "github", "read%3Auser+user%3Aemail"),
            &format!(
                "POST https://github.com/login/oauth/access_token {}{POSTED}",
                trades!("github", "")
            ),
            "GET https://api.github.com/user [Bearer]",
            "GET https://api.github.com/user/emails [Bearer]",
        ]
    );
    assert_eq!(done.login.scope(), Some("read:user user:email"));
    let expected = json!({
        "sub": "1", "name": "monalisa octocat", "preferred_username": "octocat",
        "email": "octocat@github.com", "email_verified": true,
        "picture": "https://github.com/images/error/octocat_happy.gif", "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("github"));
    assert_eq!(done.user.raw()["emails"], sample!("github-emails"));
}

#[tokio::test]
async fn discord() {
    // https://discord.com/developers/docs/resources/user, from discord/discord-api-docs,
    // docs/resources/user.mdx at commit 078acab, an undated copy.
    let done = Case {
        answers: vec![
            (
                "https://discord.com/api/oauth2/token",
                json!({
                    "access_token": "6qrZcUqja7812RVdnEKjpzOL4CvHBFG", "token_type": "Bearer",
                    "expires_in": 604_800, "refresh_token": "D43f5y0ahjqew82jZ4NViEr2YafMKhue",
                    "scope": "identify email",
                }),
            ),
            ("https://discord.com/api/v10/users/@me", sample!("discord")),
        ],
        ..Case::of("discord")
    }
    .log_in()
    .await;
    assert_eq!(
        done.requests,
        [
            asks!("https://discord.com/oauth2/authorize", "discord", "identify+email"),
            concat!("POST https://discord.com/api/oauth2/token [Basic] ", trades!("discord", "")),
            "GET https://discord.com/api/v10/users/@me [Bearer]",
        ]
    );
    let expected = json!({
        "sub": "80351110224678912", "name": null, "preferred_username": "Nelly",
        "email": "nelly@discord.com", "email_verified": true,
        "picture":
            "https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png",
        "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("discord"));
}

#[tokio::test]
async fn spotify() {
    // https://developer.spotify.com/documentation/web-api/reference/get-current-users-profile, an
    // undated copy: its members, and `account_id` as its example has it, which
    // https://developer.spotify.com/documentation/web-api/references/changes/may-2026 tells to link
    // accounts by. The other values are of the page's sample in an archived copy of 2015-03-28.
    let done = Case {
        answers: vec![
            (
                "https://accounts.spotify.com/api/token",
                json!({
                    "access_token": "NgCXRK...MzYjw", "token_type": "Bearer",
                    "scope": "user-read-email", "expires_in": 3600,
                    "refresh_token": "NgAagA...Um_SHo",
                }),
            ),
            ("https://api.spotify.com/v1/me", sample!("spotify")),
        ],
        ..Case::of("spotify")
    }
    .log_in()
    .await;
    assert_eq!(
        done.requests,
        [
            asks!("https://accounts.spotify.com/authorize", "spotify", "user-read-email"),
            concat!("POST https://accounts.spotify.com/api/token [Basic] ", trades!("spotify", "")),
            "GET https://api.spotify.com/v1/me [Bearer]",
        ]
    );
    let expected = json!({
        "sub": "aB3dE5fG7h", "name": "JM Wizzler", "preferred_username": null,
        "email": "email@example.com", "email_verified": false,
        "picture": "https://fbcdn-profile-a.akamaihd.net/hprofile-ak-frc3/t1.0-1/\
            1970403_10152215092574354_1798272330_n.jpg",
        "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("spotify"));
}

#[tokio::test]
async fn atlassian() {
    // https://developer.atlassian.com/cloud/jira/software/oauth-2-3lo-apps/, last updated 2025-07-03;
    // the profile is the page's own ("How do I retrieve the public profile of the authenticated
    // user?"), from an undated copy of its text.
    let done = Case {
        answers: vec![
            (
                "https://auth.atlassian.com/oauth/token",
                json!({
                    "access_token": "eyJraWQ", "expires_in": 3600, "token_type": "Bearer",
                    "scope": "read:me",
                }),
            ),
            ("https://api.atlassian.com/me", sample!("atlassian")),
        ],
        ..Case::of("atlassian")
    }
    .log_in()
    .await;
    assert_eq!(
        done.requests,
        [
            concat!(
                asks!("https://auth.atlassian.com/authorize", "atlassian", "read%3Ame"),
                "&audience=api.atlassian.com&prompt=consent"
            ),
            &format!(
                "POST https://auth.atlassian.com/oauth/token {}{POSTED}",
                trades!("atlassian", "")
            ),
            "GET https://api.atlassian.com/me [Bearer]",
        ]
    );
    let expected = json!({
        "sub": "112233aa-bb11-cc22-33dd-445566abcabc", "name": "Mia Krystof",
        "preferred_username": null, "email": "mia@example.com", "email_verified": false,
        "picture": "https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/\
            112233aa-bb11-cc22-33dd-445566abcabc/1234abcd-9876-54aa-33aa-1234dfsade9487ds",
        "locale": "en-US",
    });
    assert_user(&done.user, &expected, &sample!("atlassian"));
}

#[tokio::test]
async fn x() {
    // https://docs.x.com/x-api/users/lookup/quickstart/authenticated-lookup, an undated copy.
    let answers = |profile| {
        vec![
            (
                "https://api.x.com/2/oauth2/token",
                json!({
                    "token_type": "bearer", "expires_in": 7200, "access_token": "Q0Mzb0VhZ0V5dmXSS",
                    "scope": "users.read tweet.read",
                }),
            ),
            ("https://api.x.com/2/users/me?user.fields=profile_image_url", profile),
        ]
    };
    let done = Case { answers: answers(sample!("x")), ..Case::of("x") }.log_in().await;
    assert_eq!(
        done.requests,
        [
            asks!("https://x.com/i/oauth2/authorize", "x", "users.read+tweet.read"),
            concat!("POST https://api.x.com/2/oauth2/token [Basic] ", trades!("x", "")),
            "GET https://api.x.com/2/users/me?user.fields=profile_image_url [Bearer]",
        ]
    );
    let expected = json!({
        "sub": "2244994945", "name": "X Developers", "preferred_username": "XDevelopers",
        "email": null, "email_verified": null,
        "picture": "https://pbs.twimg.com/profile_images/...", "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("x"));

    let mut profile = sample!("x");
    profile["data"]["confirmed_email"] = "dev@x.example".into();
    let done = Case { answers: answers(profile), ..Case::of("x") }.log_in().await;
    let email = done.user.email().unwrap();
    assert!(email.verified && email.address == "dev@x.example", "it is the confirmed one");
}

#[tokio::test]
async fn facebook() {
    // https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow,
    // updated 2026-03-10. No copy of a profile with these fields was found: the sample is of our
    // making, with the members that the Graph API's guide shows for `fields=id,name,email,picture`, as
    // a translated copy quotes it, and the two names that applications note of their own answers.
    let profile = "https://graph.facebook.com/me?fields=id,name,first_name,last_name,email,picture";
    let done = Case {
        answers: vec![
            (
                "https://graph.facebook.com/oauth/access_token",
                json!({"access_token": "EAAG", "token_type": "bearer", "expires_in": 5_183_944}),
            ),
            (profile, sample!("facebook")),
        ],
        ..Case::of("facebook")
    }
    .log_in()
    .await;
    assert_eq!(
        done.requests,
        [
            asks!("https://www.facebook.com/dialog/oauth", "facebook", "email+public_profile"),
            &format!(
                "POST https://graph.facebook.com/oauth/access_token {}{POSTED}",
                trades!("facebook", "")
            ),
            &format!("GET {profile} [Bearer]"),
        ]
    );
    let expected = json!({
        "sub": "10159273049284736", "name": "Jane Q. Doe", "preferred_username": null,
        "email": "jane@mail.example", "email_verified": false,
        "picture": "https://platform-lookaside.fbsbx.com/platform/profilepic/\
            ?asid=10159273049284736&height=50",
        "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("facebook"));
    let names = (done.user.given_name(), done.user.family_name());
    assert_eq!(names, (Some("Jane"), Some("Doe")));
}

#[tokio::test]
async fn a_github_of_ones_own_is_asked_at_its_domain() {
    // The addresses of https://docs.github.com/en/enterprise-server@3.7/rest/users/emails.
    let done = Case {
        set: &[(Key::Domain, "git.example:8443"), (Key::Scope, "read:user")],
        answers: vec![
            (
                "https://git.example:8443/login/oauth/access_token",
                json!({"access_token": "t", "scope": "read:user", "token_type": "bearer"}),
            ),
            ("https://git.example:8443/api/v3/user", sample!("github")),
            ("https://git.example:8443/api/v3/user/emails", json!([])),
        ],
        ..Case::of("github")
    }
    .log_in()
    .await;
    assert!(done.requests[0].starts_with("https://git.example:8443/login/oauth/authorize?"));
    assert_eq!(done.user.sub(), "1");
    assert!(done.user.email().is_none(), "the public address is not the answer");
}
