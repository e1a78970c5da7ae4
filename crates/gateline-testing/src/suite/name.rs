//! Names as tests write them: as much of `Kind/namespace/name` as is needed.

use std::fmt;

use gateline::model::{ObjectName, Place, Route, RouteKind};

/// `namespace/name`, or the name alone; of a backend also with `:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Where it is written.
    pub place: Place,
    /// `None` takes any.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
    /// `None` takes any.
    pub port: Option<u16>,
}

/// `HTTPRoute/namespace/name#rule`, or less of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleName {
    /// `None` takes any.
    pub kind: Option<RouteKind>,
    /// The route.
    pub route: Named,
    /// `None` takes any rule of it.
    pub rule: Option<RuleIndex>,
}

/// What stands behind `#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleIndex {
    /// From 0.
    Number(usize),
    /// `rules[].name`.
    Name(String),
}

impl Named {
    pub(super) fn parse(text: &str, place: Place) -> Self {
        let (namespace, rest) = match text.split_once('/') {
            Some((namespace, rest)) => (Some(namespace.to_owned()), rest),
            None => (None, text),
        };
        let (name, port) = match rest.rsplit_once(':').map(|(name, port)| (name, port.parse())) {
            Some((name, Ok(port))) => (name, Some(port)),
            _ => (rest, None),
        };
        Self { place, namespace, name: name.to_owned(), port }
    }

    /// Whether a text, `namespace/name:port` or less of it, means this backend.
    #[must_use]
    pub fn text_means_backend(text: &str, reference: &str) -> bool {
        let nowhere = Place { file: "".into(), line: 1, column: 1 };
        Self::parse(text, nowhere).means_backend(reference)
    }

    /// Whether it means this object.
    #[must_use]
    pub fn means(&self, object: &ObjectName) -> bool {
        *object.name == *self.name
            && self.namespace.as_deref().is_none_or(|wanted| wanted == &*object.namespace)
    }

    /// Whether it means the backend `namespace/name:port`.
    #[must_use]
    pub fn means_backend(&self, reference: &str) -> bool {
        let (object, port) = match reference.rsplit_once(':') {
            Some((object, port)) => (object, port.parse().ok()),
            None => (reference, None),
        };
        let (namespace, name) = object.split_once('/').unwrap_or(("", object));
        self.means(&ObjectName::new(namespace, name)) && (self.port.is_none() || self.port == port)
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.namespace.iter().try_for_each(|namespace| write!(f, "{namespace}/"))?;
        f.write_str(&self.name)?;
        self.port.iter().try_for_each(|port| write!(f, ":{port}"))
    }
}

impl RuleName {
    pub(crate) fn parse(text: &str, place: Place) -> Result<Self, String> {
        let (route, rule) = match text.split_once('#') {
            Some((route, rule)) => (route, Some(RuleIndex::parse(rule))),
            None => (text, None),
        };
        let (kind, route) = match route.split_once('/') {
            Some((first, rest)) if first.ends_with("Route") => (Some(kind(first)?), rest),
            _ => (None, route),
        };
        if route.is_empty() || route.matches('/').count() > 1 {
            return Err(format!(
                "{text:?} is not a route: write HTTPRoute/namespace/name#rule, or less of it"
            ));
        }
        Ok(Self { kind, route: Named { port: None, ..Named::parse(route, place) }, rule })
    }

    /// Whether it means this route, or a rule of it.
    #[must_use]
    pub fn means_route(&self, route: &Route) -> bool {
        self.kind.is_none_or(|kind| kind == route.kind) && self.route.means(&route.name)
    }

    /// Whether it means this rule of a route: any, if it names none.
    #[must_use]
    pub fn means_rule(&self, route: &Route, index: usize) -> bool {
        let written = || route.rules.get(index).and_then(|rule| rule.name.as_deref());
        self.means_route(route)
            && match &self.rule {
                None => true,
                Some(RuleIndex::Number(number)) => *number == index,
                Some(RuleIndex::Name(name)) => written() == Some(name),
            }
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.iter().try_for_each(|kind| write!(f, "{kind}/"))?;
        self.route.fmt(f)?;
        match &self.rule {
            None => Ok(()),
            Some(RuleIndex::Number(number)) => write!(f, "#{number}"),
            Some(RuleIndex::Name(name)) => write!(f, "#{name}"),
        }
    }
}

impl RuleIndex {
    fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Number)
    }
}

fn kind(text: &str) -> Result<RouteKind, String> {
    let kinds = [RouteKind::Http, RouteKind::Grpc, RouteKind::Tls, RouteKind::Tcp, RouteKind::Udp];
    let known = kinds.into_iter().find(|kind| kind.as_str() == text);
    known.ok_or_else(|| format!("{text:?} is none of HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, UDPRoute"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { file: "t".into(), line: 1, column: 1 }
    }

    #[test]
    fn a_name_means_what_it_says_and_no_more() {
        for (text, reference, means) in [
            ("app", "shop/app:80", true),
            ("app:80", "shop/app:80", true),
            ("shop/app:80", "shop/app:80", true),
            ("shop/app", "shop/app:80", true),
            ("app:81", "shop/app:80", false),
            ("other/app", "shop/app:80", false),
            ("ap", "shop/app:80", false),
            ("app:80", "shop/app", false),
            ("app", "shop/app", true),
        ] {
            assert_eq!(Named::parse(text, place()).means_backend(reference), means, "{text} {reference}");
        }
    }

    #[test]
    fn rules() {
        for text in ["HTTPRoute/shop/app#0", "shop/app#canary", "app", "GRPCRoute/app"] {
            assert_eq!(RuleName::parse(text, place()).unwrap().to_string(), text);
        }
        for text in ["", "#1", "FooRoute/a/b", "a/b/c"] {
            assert!(RuleName::parse(text, place()).is_err(), "{text}");
        }
    }
}
