//! One answer against what is expected.

use gateline::Router;
use gateline::explain::{Outcome, Upstream};
use http::Uri;

use super::possible::Possible;
use crate::answer::Answer;
use crate::load::World;
use crate::request::Request;
use crate::shown::{self, Shown};
use crate::suite::{Expect, ExpectRedirect, ExpectUpstream, Named};

/// What was expected, and what there is instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) expected: String,
    pub(super) got: String,
}

/// What an expectation is held against, besides the answer.
pub(super) struct Judge<'a> {
    pub(super) world: &'a World,
    pub(super) router: &'a Router,
    pub(super) request: &'a Request,
    /// Seconds since 1970.
    pub(super) now: Option<i64>,
}

impl Judge<'_> {
    /// The first thing that is not as expected.
    pub(super) fn judge(&self, expect: &Expect, possible: &Possible) -> Option<Mismatch> {
        let answer = &possible.answer;
        self.rule(expect, possible)
            .or_else(|| expect.backend.as_ref().and_then(|backend| all_to(backend, answer)))
            .or_else(|| expect.split.as_ref().and_then(|shares| split(shares, answer)))
            .or_else(|| expect.listener.as_ref().and_then(|(name, _)| listener(name, answer)))
            .or_else(|| expect.redirect.as_ref().and_then(|redirect| redirected(redirect, answer)))
            .or_else(|| {
                let status = expect.status.filter(|status| answer.status != Some(*status))?;
                mismatch(format!("status {status}"), summary(answer))
            })
            .or_else(|| {
                let reason = expect.reason.filter(|reason| answer.reason != *reason)?;
                mismatch(
                    format!("reason {}", reason.as_str()),
                    format!("{} ({})", answer.reason.as_str(), summary(answer)),
                )
            })
            .or_else(|| expect.upstream.as_ref().and_then(|wanted| upstream(wanted, answer)))
            .or_else(|| self.certificate(expect))
    }

    fn rule(&self, expect: &Expect, possible: &Possible) -> Option<Mismatch> {
        let wanted = expect.rule.as_ref()?;
        let view = possible.hit.and_then(|hit| self.router.view(hit));
        let right = view.is_some_and(|view| wanted.means_rule(view.route, usize::from(view.hit.rule)));
        if right { None } else { mismatch(format!("rule {wanted}"), summary(&possible.answer)) }
    }

    fn certificate(&self, expect: &Expect) -> Option<Mismatch> {
        if expect.certificate.is_none() && expect.valid_for.is_none() {
            return None;
        }
        let shown = shown::shown(self.world, self.router, self.request);
        if let Some(wanted) = &expect.certificate {
            let right = shown.secret().is_some_and(|secret| wanted.means(secret));
            if !right {
                return mismatch(format!("certificate {wanted}"), shown.to_string());
            }
        }
        let seconds = expect.valid_for?;
        let expected = format!("a certificate valid for {} more", shown::span(seconds));
        match (&shown, self.now) {
            (Shown::Read(certificate), Some(now)) => {
                let left = certificate.not_after.0.saturating_sub(now);
                let early = certificate.not_before.0 > now;
                if left >= seconds && !early {
                    None
                } else if early {
                    mismatch(expected, format!("{shown}, which is not valid yet"))
                } else {
                    mismatch(expected, format!("{shown}, which is valid for {} more", shown::span(left)))
                }
            }
            (Shown::Read(_), None) => mismatch(expected, "no time to compare with".to_owned()),
            _ => mismatch(expected, format!("{shown}: its dates are not known")),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it ends chains of `or_else`")]
fn mismatch(expected: String, got: String) -> Option<Mismatch> {
    Some(Mismatch { expected, got })
}

/// All requests go to this backend: also where the rule splits, to no other.
fn all_to(wanted: &Named, answer: &Answer) -> Option<Mismatch> {
    let right = answer.kind == Outcome::Forward
        && answer.backend.as_ref().is_some_and(|backend| wanted.means_backend(backend));
    if right { None } else { mismatch(wanted.to_string(), summary(answer)) }
}

/// The weights as they are written, the ratio of which is compared.
fn split(wanted: &[(Named, u32)], answer: &Answer) -> Option<Mismatch> {
    let total = |weights: &mut dyn Iterator<Item = u32>| weights.map(u128::from).sum::<u128>();
    let all = total(&mut answer.split.iter().map(|share| share.weight));
    let all_wanted = total(&mut wanted.iter().map(|(_, weight)| *weight));
    let as_wanted = wanted.iter().all(|(name, weight)| {
        let of_it = answer.split.iter().filter(|share| name.means_backend(&share.backend));
        let got = total(&mut of_it.map(|share| share.weight));
        got * all_wanted == u128::from(*weight) * all
    });
    let others = answer.split.iter().filter(|share| share.weight > 0);
    let named = others.clone().all(|share| wanted.iter().any(|(name, _)| name.means_backend(&share.backend)));
    if as_wanted && named && all > 0 {
        return None;
    }
    let written: Vec<String> = wanted.iter().map(|(name, weight)| format!("{name} {weight}")).collect();
    mismatch(format!("split {}", written.join(", ")), summary(answer))
}

/// As much of `namespace/gateway/listener` as is written.
fn listener(wanted: &str, answer: &Answer) -> Option<Mismatch> {
    let got = answer.listener.as_deref().unwrap_or("none");
    let right = ends_with_name(got, wanted);
    if right { None } else { mismatch(format!("listener {wanted}"), format!("listener {got}")) }
}

/// Whether a name is the end of another, whole elements only.
pub(super) fn ends_with_name(whole: &str, end: &str) -> bool {
    whole.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn redirected(wanted: &ExpectRedirect, answer: &Answer) -> Option<Mismatch> {
    let Some(location) = answer.location.as_ref().filter(|_| answer.kind == Outcome::Redirect) else {
        return mismatch("a redirect".to_owned(), summary(answer));
    };
    let uri: Option<Uri> = location.parse().ok();
    let uri = uri.as_ref();
    let got = || format!("{} {location}", answer.status.map(|status| status.to_string()).unwrap_or_default());
    let part = |name: &str, wanted: Option<&String>, actual: Option<&str>| {
        let wanted = wanted.filter(|wanted| actual.unwrap_or_default() != wanted.as_str())?;
        mismatch(format!("redirect with {name} {wanted}"), got())
    };
    let status = wanted.status.filter(|status| answer.status != Some(*status));
    status
        .and_then(|status| mismatch(format!("redirect with status {status}"), got()))
        .or_else(|| part("location", wanted.location.as_ref(), Some(location)))
        .or_else(|| part("scheme", wanted.scheme.as_ref(), uri.and_then(Uri::scheme_str)))
        .or_else(|| {
            part("host", wanted.host.as_ref(), uri.and_then(Uri::authority).map(http::uri::Authority::as_str))
        })
        .or_else(|| part("path", wanted.path.as_ref(), uri.map(Uri::path)))
        .or_else(|| part("query", wanted.query.as_ref(), uri.and_then(Uri::query)))
}

fn upstream(wanted: &ExpectUpstream, answer: &Answer) -> Option<Mismatch> {
    let Some(upstream) = &answer.upstream else {
        return mismatch("a request to a backend".to_owned(), summary(answer));
    };
    let (path, query) = upstream.path.split_once('?').unwrap_or((&upstream.path, ""));
    let part = |name: &str, wanted: Option<&String>, actual: &str| {
        let wanted = wanted.filter(|wanted| wanted.as_str() != actual)?;
        mismatch(format!("upstream {name} {wanted:?}"), format!("upstream {name} {actual:?}"))
    };
    part("method", wanted.method.as_ref(), &upstream.method)
        .or_else(|| part("path", wanted.path.as_ref(), path))
        .or_else(|| part("query", wanted.query.as_ref(), query))
        .or_else(|| part("host", wanted.host.as_ref(), &upstream.host))
        .or_else(|| wanted.headers.iter().find_map(|(name, value)| header(name, value.as_deref(), upstream)))
}

fn header(name: &str, wanted: Option<&str>, upstream: &Upstream) -> Option<Mismatch> {
    let values: Vec<&str> =
        upstream.headers.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str()).collect();
    let actual = (!values.is_empty()).then(|| values.join(","));
    if actual.as_deref() == wanted {
        return None;
    }
    let text = |value: Option<&str>| match value {
        Some(value) => format!("upstream header {name}: {value}"),
        None => format!("no upstream header {name}"),
    };
    mismatch(text(wanted), text(actual.as_deref()))
}

/// What becomes of it, in one line.
pub(super) fn summary(answer: &Answer) -> String {
    let rule = match (&answer.route, answer.rule) {
        (Some(route), Some(rule)) => format!(" ({route}#{rule})"),
        _ => String::new(),
    };
    let status = answer.status.map(|status| status.to_string()).unwrap_or_default();
    match answer.kind {
        Outcome::Forward => {
            let shares: Vec<_> = answer.split.iter().filter(|share| share.weight > 0).collect();
            match (shares.as_slice(), &answer.backend) {
                ([_, _, ..], _) => {
                    let shares: Vec<String> =
                        shares.iter().map(|share| format!("{} {}", share.backend, share.weight)).collect();
                    format!("split {}{rule}", shares.join(", "))
                }
                (_, Some(backend)) => format!("{backend}{rule}"),
                (_, None) => format!("a backend{rule}"),
            }
        }
        Outcome::Redirect => {
            format!("redirect {status} {}{rule}", answer.location.as_deref().unwrap_or_default())
        }
        Outcome::Respond | Outcome::None => {
            format!("{status} {}{rule}", answer.reason.as_str()).trim_start().to_owned()
        }
        Outcome::Close => format!("the connection is closed, {}{rule}", answer.reason.as_str()),
        Outcome::Http => {
            format!("listener {} takes the connection", answer.listener.as_deref().unwrap_or("none"))
        }
    }
}
