//! Presets of OAuth 1.0a. Beside each sample stands the page that it is from, and how old the copy that
//! was read is; or that it is of our making, and after what.

use client_registry::Key;
use serde_json::json;

use super::case::{Case, assert_user, sample};

const TEMPORARY: &str = "oauth_token=t1&oauth_token_secret=s1&oauth_callback_confirmed=true";
const TOKEN: &str = "oauth_token=t2&oauth_token_secret=s2";

#[tokio::test]
async fn twitter() {
    // https://developer.x.com/en/docs/twitter-api/v1/accounts-and-users/manage-account-settings/api-reference/get-account-verify_credentials,
    // an undated copy, whose sample is that of dev.twitter.com, updated 2012-09-05; the address is
    // ours: of it the page says that it is null unless it was verified.
    let profile = "https://api.twitter.com/1.1/account/verify_credentials.json\
        ?include_email=true&skip_status=true";
    let done = Case {
        answers: vec![
            ("https://api.twitter.com/oauth/request_token", TEMPORARY.into()),
            (
                "https://api.twitter.com/oauth/access_token",
                format!("{TOKEN}&user_id=38895958&screen_name=theSeanCook").into(),
            ),
            (profile, sample!("twitter")),
        ],
        ..Case::of("twitter")
    }
    .log_in()
    .await;
    assert_eq!(
        done.requests,
        [
            "https://api.twitter.com/oauth/authenticate?oauth_token=t1",
            "POST https://api.twitter.com/oauth/request_token [OAuth]",
            "POST https://api.twitter.com/oauth/access_token [OAuth]",
            &format!("GET {profile} [OAuth]"),
        ]
    );
    assert_eq!(done.login.extra()["screen_name"], "theSeanCook");
    let expected = json!({
        "sub": "38895958", "name": "Sean Cook", "preferred_username": "theSeanCook",
        "email": "sean@mail.example", "email_verified": true,
        "picture": "https://si0.twimg.com/profile_images/1751506047/dead_sexy_normal.JPG",
        "locale": null,
    });
    assert_user(&done.user, &expected, &sample!("twitter"));
}

#[tokio::test]
async fn trello() {
    // https://developer.atlassian.com/cloud/trello/guides/rest-api/authorization/, last updated
    // 2025-06-24, and https://developer.atlassian.com/cloud/trello/rest/api-group-members/, an undated
    // copy, in part. The sample there has an address; that there is none without the right `account`
    // is ours. The size in the picture's address is as the gem ruby-trello makes it.
    let done = Case {
        set: &[(Key::AuthorizeParams, "name=My+App&scope=read%2Caccount&expiration=30days")],
        answers: vec![
            ("https://trello.com/1/OAuthGetRequestToken", TEMPORARY.into()),
            ("https://trello.com/1/OAuthGetAccessToken", TOKEN.into()),
            ("https://api.trello.com/1/members/me", sample!("trello")),
        ],
        ..Case::of("trello")
    }
    .log_in()
    .await;
    assert_eq!(
        done.requests,
        [
            "https://trello.com/1/OAuthAuthorizeToken?oauth_token=t1&name=My+App\
             &scope=read%2Caccount&expiration=30days",
            "POST https://trello.com/1/OAuthGetRequestToken [OAuth]",
            "POST https://trello.com/1/OAuthGetAccessToken [OAuth]",
            "GET https://api.trello.com/1/members/me [OAuth]",
        ]
    );
    let expected = json!({
        "sub": "5abbe4b7ddc1b351ef961414", "name": "Bentley Cook",
        "preferred_username": "bentleycook", "email": null, "email_verified": null,
        "picture":
            "https://trello-avatars.s3.amazonaws.com/fc8faaaee46666a4eb8b626c08933e16/170.png",
        "locale": "en-AU",
    });
    assert_user(&done.user, &expected, &sample!("trello"));
}

#[cfg(any(feature = "openssl", feature = "rsa"))]
#[tokio::test]
async fn jira_server() {
    // No copy of a page with an answer of `myself` was found: the sample is of our making, with the
    // members that jira.js knows of it (mrrefactoring.github.io/jira.js, server.getCurrentUser). The
    // names, addresses and pictures are those of `fred` in the samples of Jira's REST pages, as many
    // clients quote them; his key, e-mail address and locale are ours.
    let base = "https://www.example.com/jira";
    let at = |path: &str| -> &'static str { format!("{base}{path}").leak() };
    let myself = at("/rest/api/2/myself");
    let key = include_str!("../../../../oauth1-core/tests/data/rsa/pkcs8.pem");
    let done = Case {
        set: &[(Key::Domain, "www.example.com/jira/")],
        answers: vec![
            (at("/plugins/servlet/oauth/request-token"), TEMPORARY.into()),
            (at("/plugins/servlet/oauth/access-token"), TOKEN.into()),
            (myself, sample!("jira-server")),
        ],
        ..Case::of("jira-server")
    }
    .log_in_with(&[("CLIENT_ID", "OauthKey"), ("RSA_KEY", key)], "")
    .await;
    assert_eq!(
        done.requests,
        [
            "https://www.example.com/jira/plugins/servlet/oauth/authorize?oauth_token=t1",
            "POST https://www.example.com/jira/plugins/servlet/oauth/request-token [OAuth]",
            "POST https://www.example.com/jira/plugins/servlet/oauth/access-token [OAuth]",
            "GET https://www.example.com/jira/rest/api/2/myself [OAuth]",
        ]
    );
    let expected = json!({
        "sub": "JIRAUSER10100", "name": "Fred F. User", "preferred_username": "fred",
        "email": "fred@example.com", "email_verified": false,
        "picture": "http://www.example.com/jira/secure/useravatar?size=large&ownerId=fred",
        "locale": "en_AU",
    });
    assert_user(&done.user, &expected, &sample!("jira-server"));

    let sent = done.app.last_request();
    let header = sent.header("authorization").unwrap();
    assert!(header.contains(r#"oauth_signature_method="RSA-SHA1""#), "{header}");
    let public = include_str!("../../../../oauth1-core/tests/data/rsa/spki.pem");
    let public = oauth1_core::RsaPublicKey::from_pem(public).unwrap();
    let secrets = oauth1_core::Secrets::of_public_key(public);
    let request = http::Request::get(myself).header("authorization", header);
    let verifier = oauth1_core::Verifier::new().allow_rsa();
    let signed = verifier.parse(&request.body(Vec::new()).unwrap()).unwrap();
    let now = oauth1_core::UnixTime::from_seconds(crate::common::START);
    verifier.verify(&signed, Some(&secrets), now).unwrap();
}
