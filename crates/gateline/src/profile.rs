use std::borrow::Cow;
use std::fmt;

use crate::model::{Model, PathMatch};
use crate::router::{Options, Precedence, RegexRank};

/// How an implementation of the Gateway API decides where the specification leaves it open, or where it departs from it.
///
/// Versioned data: what is said of a version never changes, so that a proof stays one. What implementations do alike
/// (attachment, filters, the limits of the model of [`crate::analysis`]) is not part of it.
///
/// ```
/// use gateline::{Precedence, Profile};
///
/// let profile = Profile::named("envoy-gateway").ok_or("no such profile")?;
/// assert_eq!(profile.to_string(), "envoy-gateway@1.9");
/// assert_eq!(profile.options().precedence, Precedence::EnvoyGateway);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// `envoy-gateway`.
    pub name: &'static str,
    /// `1.9`; the specification has none.
    pub version: Option<&'static str>,
    /// What of a path a regular expression must match.
    pub anchoring: Anchoring,
    /// Whether all that decides between rules is known here. Of the others only the regular expressions are: they serve to
    /// tell where an expression means something else.
    pub routes: bool,
    /// Whether its regular expressions are matched by trying one way after the other (PCRE).
    pub backtracks: bool,
    /// What it does not do at all.
    pub lacks: &'static [Feature],
    options: &'static Options,
}

/// A part of the Gateway API that not every implementation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Feature {
    /// The filter `ExternalAuth` of an HTTPRoute (GEP-1494).
    ExternalAuth,
    /// Filters of listeners (GEP-5224).
    ListenerFilters,
    /// `sessionPersistence` of a GRPCRoute (GEP-1619).
    GrpcSessionPersistence,
}

/// What of a path a regular expression must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchoring {
    /// All of it.
    Whole,
    /// Some part, where a `^` is put before the pattern: the beginning, but for all but the first of bare alternatives.
    Start,
    /// Any part.
    Anywhere,
}

impl Profile {
    /// The specification, with Gateline's choices where it leaves room.
    pub const SPEC: Self = Self {
        name: "spec",
        version: None,
        anchoring: Anchoring::Whole,
        routes: true,
        backtracks: false,
        lacks: &[],
        options: &Options::SPEC,
    };

    /// Envoy Gateway 1.9, from its source: `internal/gatewayapi/sort.go` for the order; one virtual host for each hostname
    /// (`internal/xds/translator/translator.go`), of which Envoy searches the most specific alone.
    const ENVOY_GATEWAY: Self = Self {
        name: "envoy-gateway",
        version: Some("1.9"),
        anchoring: Anchoring::Whole,
        routes: true,
        backtracks: false,
        lacks: &[Feature::ExternalAuth, Feature::ListenerFilters, Feature::GrpcSessionPersistence],
        options: &Options {
            regex_rank: RegexRank::AbovePrefix,
            precedence: Precedence::EnvoyGateway,
            hostname_fallback: false,
        },
    };

    /// Its locations are `~ ^pattern` (`internal/controller/nginx/config/servers.go`).
    const NGINX: Self = Self {
        name: "nginx-gateway-fabric",
        version: Some("2"),
        anchoring: Anchoring::Start,
        routes: false,
        backtracks: true,
        lacks: &[],
        options: &Options::SPEC,
    };

    /// Its rules are `PathRegexp(pattern)` (`pkg/muxer/http/matcher.go`).
    const TRAEFIK: Self = Self {
        name: "traefik",
        version: Some("3"),
        anchoring: Anchoring::Anywhere,
        routes: false,
        backtracks: false,
        lacks: &[],
        options: &Options::SPEC,
    };

    /// All that are known, the newest version of each name first.
    pub const ALL: [Self; 4] = [Self::SPEC, Self::ENVOY_GATEWAY, Self::NGINX, Self::TRAEFIK];

    /// `spec`, `envoy-gateway` (its newest version here) or `envoy-gateway@1.9`.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name == text || one.to_string() == text)
    }

    /// What a router of the profile is compiled with.
    #[must_use]
    pub fn options(&self) -> Options {
        self.options.clone()
    }

    /// A regular expression that matches a whole path where this implementation's does by `pattern`.
    #[must_use]
    pub fn whole<'p>(&self, pattern: &'p str) -> Cow<'p, str> {
        match self.anchoring {
            Anchoring::Whole => pattern.into(),
            Anchoring::Start => format!("(?s:.*?)(?:^{pattern})(?s:.*)").into(),
            Anchoring::Anywhere => format!("(?s:.*?)(?:{pattern})(?s:.*)").into(),
        }
    }

    /// What a model means here: regular expressions of paths match as this implementation's do.
    #[must_use]
    pub fn adapt(&self, mut model: Model) -> Model {
        let rules = model.routes.iter_mut().flat_map(|route| &mut route.rules);
        for matched in rules.flat_map(|rule| &mut rule.matches) {
            if let PathMatch::Regex(text) = &mut matched.path
                && let Cow::Owned(whole) = self.whole(text)
            {
                *text = whole.into();
            }
        }
        model
    }
}

impl fmt::Display for Profile {
    /// `envoy-gateway@1.9`, `spec`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.version.map_or(Ok(()), |version| write!(f, "@{version}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;

    fn matches(profile: Profile, pattern: &str, path: &str) -> bool {
        Pattern::compile(&profile.whole(pattern)).unwrap().matches(path.bytes())
    }

    #[test]
    fn names_are_unique_and_found() {
        for profile in Profile::ALL {
            assert_eq!(Profile::named(profile.name), Some(profile));
            assert_eq!(Profile::named(&profile.to_string()), Some(profile));
        }
        assert_eq!(Profile::named("envoy-gateway@0.1"), None);
    }

    #[test]
    fn a_pattern_matches_what_its_implementation_matches() {
        let pattern = "/users/[0-9]+/profile|/me";
        let paths = ["/users/1/profile", "/users/1/profile/edit", "/x/users/1/profile", "/x/me2"];
        let table = [
            (Profile::SPEC, [true, false, false, false]),
            (Profile::ENVOY_GATEWAY, [true, false, false, false]),
            (Profile::NGINX, [true, true, false, true]),
            (Profile::TRAEFIK, [true, true, true, true]),
        ];
        for (profile, expected) in table {
            assert_eq!(paths.map(|path| matches(profile, pattern, path)), expected, "{profile}");
        }
    }
}
