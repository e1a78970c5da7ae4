//! What converters get wrong without a word: each case is an Ingress and the output that a converter makes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod shared;

use gateline_api::Severity;
use gateline_migrate::{Lock, Verification, verify};
use shared::{codes, compare, one};

fn case(name: &str) -> Verification {
    let folder = format!("{}/tests/cases/{name}", env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    compare(&read("ingress.yaml"), &read("gateway.yaml"), &[])
}

#[test]
fn a_group_in_a_literal() {
    let found = case("01-rewrite");
    let rewrite = one(&found, "GL710");
    assert!(rewrite.message.contains(r#"gets "/$2""#), "{}", rewrite.message);
    assert!(rewrite.curl.contains("/something"), "{}", rewrite.curl);
}

/// The controller reads `ImplementationSpecific` as `Prefix`; an nginx with the path as written takes more.
#[test]
fn a_raw_beginning() {
    let folder = format!("{}/tests/cases/02-raw", env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    let (ingress, gateway) = (read("ingress.yaml"), read("gateway.yaml"));
    let source = shared::source(&ingress);
    let [told] = &source.findings[..] else { panic!("{:?}", source.findings) };
    assert_eq!((told.code, told.severity), ("GL704", Severity::Info));
    assert!(told.message.contains("/foobar"), "{}", told.message);
    assert!(compare(&ingress, &gateway, &[]).is_proved());

    let target = shared::target(&gateway);
    let found = verify(&shared::raw(&ingress), &target, &gateline::Options::default(), &[]).unwrap();
    assert_eq!(codes(&found), ["GL704"]);
    let path = one(&found, "GL704").request.split("raw.example").nth(1).unwrap().to_owned();
    assert!(path.starts_with("/foo") && !path.starts_with("/foo/") && path.len() > 4, "{path}");
}

#[test]
fn a_redirect_to_the_slash() {
    let found = case("03-slash");
    assert_eq!(codes(&found), ["GL711"]);
    let slash = one(&found, "GL711");
    assert_eq!(
        (slash.request.as_str(), slash.before.effect.as_str()),
        ("GET http://slash.example/app", "301 to http://{host}/app/")
    );
    assert_eq!(slash.after.effect, "demo/app:80");
}

#[test]
fn branches_and_an_open_end() {
    let found = case("04-branches");
    let anchor = one(&found, "GL706");
    assert!(anchor.after.effect.starts_with("404"), "{anchor:?}");
}

#[test]
fn a_look_ahead() {
    let found = case("05-lookahead");
    assert_eq!(codes(&found), ["GL707"]);
    assert!(one(&found, "GL707").request.contains("look.example/api/"));
}

#[test]
fn a_wildcard_of_one_label() {
    let found = case("06-wildcard");
    assert_eq!(codes(&found), ["GL703"]);
    let host = &one(&found, "GL703").request;
    assert_eq!(host.split('/').nth(2).unwrap().split('.').count(), 4, "{host}");
}

#[test]
fn a_redirect_with_a_variable() {
    assert_eq!(codes(&case("07-variables")), ["GL714"]);
}

#[test]
fn a_redirect_with_a_query() {
    let found = case("08-query");
    assert_eq!(codes(&found), ["GL713"]);
    let query = one(&found, "GL713");
    assert!(query.message.contains("https://new.example/landing?src=old#x"), "{}", query.message);
    assert!(query.curl.contains("?q=1"), "{}", query.curl);
}

#[test]
fn cors_with_credentials_for_everybody() {
    let found = case("09-cors");
    assert_eq!(codes(&found), ["GL717"]);
    assert!(one(&found, "GL717").message.ends_with("is every origin, with credentials now"));
}

#[test]
fn authentication() {
    let found = case("10-auth");
    assert_eq!(codes(&found), ["GL720"]);
    assert!(one(&found, "GL720").message.contains("https://auth.example.org/verify"));
}

#[test]
fn a_timeout_of_silence() {
    let found = case("11-timeout");
    assert_eq!(codes(&found), ["GL718"]);
    assert!(one(&found, "GL718").message.contains("1200 s for the whole request"));
}

/// The post of 2026-02-27 on the Kubernetes blog: `(?i)/Header` "to keep the case-insensitive prefix matching".
#[test]
fn the_header_of_the_blog_is_refuted() {
    let found = case("blog");
    assert_eq!(codes(&found), ["GL706"]);
    let header = one(&found, "GL706");
    assert!(header.request.to_ascii_lowercase().contains("headers.example/header"), "{}", header.request);
}

#[test]
fn patterns_by_length_are_proved_and_in_list_order_refuted() {
    let found = case("regexhost");
    assert!(found.is_proved(), "{:?}", found.differences);
    assert_eq!(found.rules.same, found.rules.all);
    let folder = format!("{}/tests/cases/regexhost", env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    let listed = compare(&read("ingress.yaml"), &read("listed.yaml"), &[]);
    let moved = listed.differences.iter().map(|one| (one.before.effect.as_str(), one.after.effect.as_str()));
    assert!(
        moved.clone().any(|sides| sides == ("demo/threes:80", "demo/long:80")),
        "{:?}",
        moved.collect::<Vec<_>>()
    );
}

/// A lock is true as long as the differences say the same.
#[test]
fn what_was_accepted_is_held_to_its_words() {
    let folder = format!("{}/tests/cases/10-auth", env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    let (ingress, gateway) = (read("ingress.yaml"), read("gateway.yaml"));
    let accepted = Lock::default().with(&["GL720@demo/auth".parse().unwrap()]);
    let found = compare(&ingress, &gateway, &accepted.accepted);
    assert_eq!((found.open().count(), found.unused.len()), (0, 0), "{found:?}");

    let (lock, errors) = Lock::parse("lock.yaml", &accepted.recorded(&found).yaml());
    assert_eq!(errors, []);
    assert_eq!(compare(&ingress, &gateway, &lock.accepted).open().count(), 0);
    let other = compare(&ingress.replace("auth.example.org", "other.example.org"), &gateway, &lock.accepted);
    assert_eq!(other.open().count(), 1);
    assert!(other.unused[0].starts_with("lock.yaml:5:3: GL720@demo/auth, which said"), "{:?}", other.unused);
    let gone = compare(&ingress.replace("auth-url", "auth-proxy-set-headers"), &gateway, &lock.accepted);
    assert_eq!(gone.unused, ["lock.yaml:5:3: GL720@demo/auth"], "{gone:?}");
}

#[test]
fn what_is_accepted_is_told_apart() {
    let folder = format!("{}/tests/cases/06-wildcard", env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    let accept = ["GL703".parse().unwrap(), "GL720@demo/wildcard".parse().unwrap()];
    let found = compare(&read("ingress.yaml"), &read("gateway.yaml"), &accept);
    assert_eq!(found.open().count(), 0);
    assert_eq!(found.unused, ["GL720@demo/wildcard"]);
    for text in ["GL103", "GL703@web", "", "GL7"] {
        assert!(text.parse::<gateline_migrate::Accept>().is_err(), "{text}");
    }
}
