use gateline::model::RouteKind;

/// The rule that took a request, as logs name it: `httproute/ns/name/rule/0/match/1/…`, or without a rule for what is passed on below
/// HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LoggedRule {
    /// `HTTPRoute/ns/name`.
    pub(super) route: String,
    pub(super) rule: Option<u16>,
    pub(super) matched: Option<usize>,
}

impl LoggedRule {
    /// `None` for a name that somebody else gave.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let kind = match parts.next()? {
            "httproute" => RouteKind::Http,
            "grpcroute" => RouteKind::Grpc,
            "tlsroute" => RouteKind::Tls,
            "tcproute" => RouteKind::Tcp,
            "udproute" => RouteKind::Udp,
            _ => return None,
        };
        let route = format!("{kind}/{}/{}", parts.next()?, parts.next()?);
        let mut number = |word| if parts.next() == Some(word) { parts.next() } else { None };
        let rule = number("rule").and_then(|text| text.parse().ok());
        // -1 where the rule has no matches.
        let matched = number("match").and_then(|text| text.parse().ok());
        Some(Self { route, rule, matched })
    }

    /// `HTTPRoute/ns/name#0`.
    pub(super) fn words(&self) -> String {
        let rule = self.rule.map(|rule| format!("#{rule}")).unwrap_or_default();
        format!("{}{rule}", self.route)
    }
}

#[cfg(test)]
mod tests {
    use super::LoggedRule;

    #[test]
    fn names_of_gateline_and_of_envoy_gateway() {
        for (text, words, matched) in [
            ("httproute/shop/cart/rule/2/match/1", "HTTPRoute/shop/cart#2", Some(1)),
            ("httproute/shop/cart/rule/0/match/0/shop_example_com", "HTTPRoute/shop/cart#0", Some(0)),
            ("httproute/shop/cart/rule/0/match/-1/*", "HTTPRoute/shop/cart#0", None),
            ("grpcroute/shop/cart/rule/0", "GRPCRoute/shop/cart#0", None),
            ("tlsroute/shop/cart", "TLSRoute/shop/cart", None),
        ] {
            let rule = LoggedRule::parse(text).unwrap();
            assert_eq!((rule.words(), rule.matched), (words.to_owned(), matched), "{text}");
        }
        for text in ["", "default", "httproute", "httproute/a", "vhost/a/b/rule/0"] {
            assert_eq!(LoggedRule::parse(text), None, "{text}");
        }
    }
}
