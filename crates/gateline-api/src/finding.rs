//! What `gateline check` prints: a stable code, a place, what is wrong and what to do.

use gateline::model::Origin;
use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works, but hardly as meant.
    Warning,
    /// Does not work, or is refused.
    Error,
}

/// One thing to know about the input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// `GL103`: stable, documented in docs/findings.
    pub code: &'static str,
    /// `no-matching-listener`.
    pub slug: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in one sentence that names the object and the values.
    pub message: String,
    /// What to do, if that is known.
    pub help: Option<String>,
    /// The object, the field and its place.
    pub origin: Origin,
    /// Other places that matter (the rule that shadows this one), each with a few words.
    pub related: Vec<(String, Origin)>,
}

impl Finding {
    /// A finding of a registered code, with the severity the code has by default.
    #[must_use]
    pub fn new(code: &Code, origin: Origin, message: impl Into<String>) -> Self {
        Self {
            code: code.code,
            slug: code.slug,
            severity: code.severity,
            message: message.into(),
            help: None,
            origin,
            related: Vec::new(),
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Differs from the code's default severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Points at another place that matters.
    #[must_use]
    pub fn related(mut self, words: impl Into<String>, origin: Origin) -> Self {
        self.related.push((words.into(), origin));
        self
    }

    /// What findings are sorted by: place, then object, then code.
    #[must_use]
    pub fn order(
        &self,
    ) -> (&Option<gateline::model::Place>, &str, &gateline::model::ObjectName, &str, &str, &str) {
        let origin = &self.origin;
        (&origin.place, &origin.kind, &origin.object, &origin.path, self.code, &self.message)
    }
}

/// One kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// `GL103`.
    pub code: &'static str,
    /// `no-matching-listener`.
    pub slug: &'static str,
    /// Unless a finding says otherwise.
    pub severity: Severity,
    /// One line.
    pub summary: &'static str,
    /// The page `gateline rule GL103` prints, in Markdown.
    pub page: &'static str,
}

/// The code of that name, in any case.
#[must_use]
pub fn code(name: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.code.eq_ignore_ascii_case(name) || code.slug.eq_ignore_ascii_case(name))
}

macro_rules! codes {
    ($($name:ident $slug:literal $severity:ident $summary:literal)*) => {
        /// One constant for each code.
        pub mod codes {
            use super::{Code, Severity};
            $(
                #[doc = $summary]
                pub const $name: Code = Code {
                    code: stringify!($name),
                    slug: $slug,
                    severity: Severity::$severity,
                    summary: $summary,
                    page: include_str!(concat!("../../../docs/findings/", stringify!($name), ".md")),
                };
            )*
        }

        /// Every code, in order.
        pub const CODES: &[Code] = &[$(codes::$name),*];
    };
}

codes! {
    GL001 "schema" Error "The object does not fit the schema of its CRD: a cluster would refuse it."
    GL002 "cel" Error "The object breaks a validation rule of its CRD: a cluster would refuse it."
    GL003 "removed-api-version" Error "The API version is no longer served."
    GL004 "limits" Error "A list or a text is longer than the CRD allows."
    GL005 "duplicate-object" Error "The same object stands in the input twice; the last one counts."
    GL006 "unknown-field" Error "The field does not exist: a cluster would drop it without a word."
    GL007 "experimental-field" Warning "The field needs the experimental channel of the CRDs."
    GL008 "yaml-surprise" Info "YAML reads this value as something else than it looks like."
    GL101 "no-such-gateway" Error "The parent of a route is not in the input."
    GL102 "no-such-gatewayclass" Warning "The class of a Gateway is not in the input."
    GL103 "no-matching-listener" Error "The parentRef names no listener that exists."
    GL104 "not-allowed-by-listener" Error "The listener does not allow this route."
    GL105 "hostname-no-intersection" Error "The hostnames of a route and its listener have nothing in common."
    GL106 "partially-attached" Info "A route attaches to some listeners of its parent, not to all."
    GL107 "listener-conflict" Error "Two listeners want the same port and hostname."
    GL108 "empty-listener" Warning "No route attaches to a listener: it answers 404 to everything."
    GL109 "unlimited-listener" Warning "A listener takes any hostname from routes of every namespace."
    GL110 "listener-invalid" Error "A listener cannot serve as written."
    GL201 "shadowed-rule" Error "No request can reach a rule: an earlier one takes them all."
    GL202 "partially-shadowed" Info "No request reaches one match of a rule that others reach."
    GL203 "order-dependent" Error "Two routes claim the same requests; age or name decides."
    GL204 "duplicate-match" Warning "A rule repeats a match that has the same outcome."
    GL205 "cross-namespace-overlap" Warning "Routes of two namespaces claim the same path of one host."
    GL206 "never-matches" Error "A match matches no request at all."
    GL207 "no-catch-all" Info "Some requests for a host of a listener get 404: no rule takes them."
    GL208 "shared-host" Info "An HTTPRoute and a GRPCRoute take the same host of a listener."
    GL209 "repeated-predicate" Warning "A header or query parameter is matched twice; only the first counts."
    GL210 "unproved" Warning "What happens to some requests could not be worked out within the limits."
    GL301 "backend-missing" Error "A backend, or its port, does not exist."
    GL302 "ref-not-permitted" Error "A reference to another namespace has no ReferenceGrant."
    GL303 "grant-near-miss" Warning "A ReferenceGrant permits a reference but for one field."
    GL304 "dead-grant" Info "A ReferenceGrant permits nothing that is referred to."
    GL305 "broad-grant" Info "A ReferenceGrant opens every object of a kind."
    GL306 "weights-zero" Error "All weights of a rule are 0: every request is answered 500."
    GL307 "weight-odd" Info "Weights that look like percent do not add up to 100."
    GL308 "target-port" Error "A backendRef names the port of the Pods, not that of the Service."
    GL309 "backend-kind" Error "A backendRef names a kind that cannot take requests."
    GL401 "redirect-loop" Error "A redirect leads back to itself."
    GL402 "redirect-captures-all" Info "A redirect to HTTPS also takes the challenges of ACME."
    GL403 "redirect-to-nowhere" Warning "A redirect leads to where the Gateway has no listener or no rule."
    GL404 "rewrite-mismatch" Error "ReplacePrefixMatch needs matches of type PathPrefix."
    GL405 "literal-dollar" Error "A replacement has a `$1` or a variable that nothing fills in."
    GL406 "header-filter-conflict" Warning "A header modifier contradicts itself, or touches what is not its own."
    GL407 "cors-credentials-wildcard" Warning "CORS with credentials and a wildcard allows any origin."
    GL408 "invalid-filter" Error "A filter cannot be followed: its rule answers 500."
    GL409 "timeout-inverted" Error "The timeout of one try is longer than that of all tries."
    GL410 "redirect-code-method" Info "A redirect with 301 or 302 may turn POST into GET."
    GL411 "mirror-to-self" Warning "A mirror sends copies to a backend that gets the requests anyway."
    GL501 "regex-not-portable" Warning "A regular expression has what not every implementation understands."
    GL502 "regex-dialect-diverges" Warning "A regular expression matches other paths on another implementation."
    GL503 "regex-rank-diverges" Warning "Which rule wins depends on where regular expressions rank."
    GL504 "invalid-regex" Error "A regular expression cannot be run."
    GL505 "regex-prefix-only" Info "A regular expression takes what a prefix or an exact path would."
    GL506 "precedence-quirk" Warning "An implementation picks another rule than the specification."
    GL507 "unsupported-feature" Warning "The implementation does not have a part of the API that is used here."
    GL508 "redos" Warning "A regular expression may take exponential time on an engine that backtracks."
    GL510 "unsupported-value" Error "A value is not one that Gateline supports."
    GL601 "cert-missing" Error "A certificate that a listener needs cannot be read."
    GL602 "cert-expired" Error "A certificate has expired, will within 14 days, or is not valid yet."
    GL603 "cert-host-mismatch" Warning "A certificate does not cover the hostname of its listener."
    GL604 "acme-wildcard-http01" Error "A wildcard certificate is asked for from an issuer that has HTTP-01 solvers alone."
    GL605 "overlapping-tls" Warning "Listeners of one port share hostnames: browsers may reuse a connection and get 421."
    GL606 "backend-tls" Error "A BackendTLSPolicy cannot work as written."
    GL607 "cert-manager-annotation-useless" Warning "cert-manager makes no certificate for a listener in spite of the annotation."
    GL608 "tls-unusable" Error "A certificate, key or authority can be read and cannot be used for TLS."
    GL701 "request-lost" Error "What an Ingress serves is an error at the Gateway."
    GL702 "request-opened" Warning "What an Ingress answers with an error is served by the Gateway."
    GL703 "wildcard-depth" Warning "A wildcard host takes more than one label at the Gateway."
    GL704 "raw-prefix" Error "A path of type `ImplementationSpecific` took more than whole elements."
    GL705 "regex-case" Error "Paths were matched without regard to case."
    GL706 "regex-anchor" Error "A regular expression was anchored only at its start."
    GL707 "regex-lookaround" Error "A pattern looks around, which RE2 cannot."
    GL708 "upstream-changed" Warning "The backend gets other header fields, or is spoken to otherwise."
    GL709 "other-backend" Error "Another backend gets the requests."
    GL710 "rewrite-changed" Error "The backend gets another path."
    GL711 "trailing-slash" Warning "The redirect to the path with a slash is gone."
    GL712 "redirect-changed" Warning "A redirect leads elsewhere, has another status, or is gone."
    GL713 "redirect-query" Warning "A redirect treats the query or the fragment otherwise."
    GL714 "redirect-variables" Error "A redirect is made of variables of nginx."
    GL715 "ssl-redirect-lost" Error "Plain HTTP is not redirected to HTTPS as before."
    GL716 "canary-changed" Warning "Other requests get the canary, or another share of them."
    GL717 "cors-changed" Error "CORS allows something else."
    GL718 "timeout-changed" Warning "Timeouts count something else."
    GL719 "guard-changed" Warning "Who may pass is decided otherwise."
    GL720 "auth-dropped" Error "Authentication is gone."
    GL721 "allow-list-dropped" Error "A list of addresses is gone."
    GL722 "client-certificate-dropped" Error "Client certificates are no longer asked for."
    GL723 "limit-changed" Warning "A rate limit is gone or another."
    GL724 "snippet" Error "A snippet of nginx's configuration is not carried over."
    GL725 "affinity-changed" Warning "Sessions stay with backends otherwise."
    GL726 "body-size-changed" Warning "The limit for request bodies is gone or another."
    GL727 "annotation-lost" Warning "An annotation is not carried over."
    GL728 "port-name-unknown" Warning "The number of a Service's port is not known."
    GL801 "dead-target" Error "A policy targets something that does not exist in its namespace."
    GL802 "policy-override" Warning "A policy on a route replaces the one on its Gateway."
    GL803 "policy-conflict" Warning "Two policies of one kind target the same thing; the older one counts."
    GL804 "ratelimit-unmatched" Warning "No request counts against a limit, or two limits count the same requests."
    GL901 "unused-ignore" Warning "A comment ignores a finding that is not there."
    GL902 "ignore-without-reason" Warning "A comment that ignores a finding gives no reason, or no code that there is."
}

#[cfg(test)]
mod tests {
    use super::CODES;

    #[test]
    fn every_code_has_a_page_of_its_own() {
        for code in CODES {
            let title = format!("# {}: {}", code.code, code.slug);
            assert!(
                code.page.starts_with(&title),
                "docs/findings/{}.md does not begin with {title:?}",
                code.code
            );
            for section in ["## Why", "## Example", "## What to do"] {
                assert!(code.page.contains(section), "docs/findings/{}.md lacks {section:?}", code.code);
            }
        }
        assert!(CODES.is_sorted_by(|a, b| a.code < b.code));
    }
}
