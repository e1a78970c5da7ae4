use gateline::filter::{
    Cors, CorsOrigin, DirectResponse, ExternalAuth, Filters, HeaderModifier, HostRewrite, Mirror,
    PathModifier, Redirect, ReplaceRegexMatch, Rewrite, Share,
};
use gateline::model::{Match, ObjectName, PathMatch};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::backends::Registry;
use super::external_auth;
use super::fault::{Broken, Fault, Faults};
use super::header_filters;
use super::literals;
use super::world::World;
use crate::finding::{Finding, Severity, codes};
use crate::object::Object;
use crate::objects::{self, CORE, ConfigMap, ENVOY, Filter, HeaderEntry, HeaderFilter, Modifier, is_foreign};

/// Reads the filters of one rule or backendRef.
pub(super) struct Reader<'r, 'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) registry: &'r mut Registry<'w, 'a>,
    pub(super) object: &'w Object,
    /// Of the rule: ReplacePrefixMatch works on a prefix only.
    pub(super) matches: &'r [Match],
    pub(super) faults: &'r mut Faults,
}

impl Reader<'_, '_, '_> {
    pub(super) fn read(&mut self, path: &str, written: &[Filter]) -> Filters {
        let mut filters = Filters::default();
        for (i, filter) in written.iter().enumerate() {
            let place = format!("{path}[{i}]");
            if self.one(&place, filter, &mut filters).is_none() {
                let reason = format!("{} {} {place}: {}", self.object.kind, self.object.name, filter.r#type);
                filters.invalid.get_or_insert(reason.into());
            }
        }
        filters
    }

    fn one(&mut self, path: &str, filter: &Filter, filters: &mut Filters) -> Option<()> {
        match filter.r#type.as_str() {
            "RequestHeaderModifier" => {
                let written = filter.request_header_modifier.as_ref()?;
                self.faults.findings.extend(header_filters::conflicts(self.object, path, written, true));
                filters.request_headers = Some(self.headers(path, written)?);
            }
            "ResponseHeaderModifier" => {
                let written = filter.response_header_modifier.as_ref()?;
                self.faults.findings.extend(header_filters::conflicts(self.object, path, written, false));
                filters.response_headers = Some(self.headers(path, written)?);
            }
            "RequestRedirect" => {
                filters.redirect = Some(self.redirect(path, filter.request_redirect.as_ref()?)?);
            }
            "URLRewrite" => {
                let written = filter.url_rewrite.as_ref()?;
                let place = format!("{path}.urlRewrite.path");
                let modifier = self.modifier(&place, written.path.as_ref())?;
                let hostname = written.hostname.as_deref();
                self.literal(&format!("{path}.urlRewrite.hostname"), hostname);
                let hostname = hostname.map(|host| HostRewrite::Literal(host.into()));
                filters.rewrite = Some(Rewrite { hostname, path: modifier });
            }
            "RequestMirror" => filters.mirrors.push(self.mirror(path, filter.request_mirror.as_ref()?)),
            "CORS" => filters.cors = Some(self.cors(path, filter.cors.as_ref()?)?),
            "ExternalAuth" => {
                let auth = self.external_auth(path, filter.external_auth.as_ref()?)?;
                filters.auth.push(auth);
            }
            "ExtensionRef" => self.extension(path, filter.extension_ref.as_ref()?, filters)?,
            other => return self.refuse(path, &format!("filter type {other:?} is not supported")),
        }
        Some(())
    }

    /// The filter cannot be followed: the rule answers 500 and ResolvedRefs says why.
    fn refuse<T>(&mut self, path: &str, message: &str) -> Option<T> {
        let help = "requests of this rule are answered 500 until the filter is corrected";
        self.leave(path, message, Severity::Error, help)
    }

    /// The same, of what another implementation may follow.
    fn unknown<T>(&mut self, path: &str, message: &str) -> Option<T> {
        let help = "another implementation may know it; Gateline answers requests of this rule 500";
        self.leave(path, message, Severity::Warning, help)
    }

    fn leave<T>(&mut self, path: &str, message: &str, severity: Severity, help: &'static str) -> Option<T> {
        let finding = Finding::new(&codes::GL408, self.object.origin(path), format!("{path}: {message}"))
            .severity(severity)
            .help(help);
        let fault = Fault::new("InvalidKind", format!("{path}: {message}"));
        self.faults.unresolved(Broken { fault, findings: vec![finding] });
        None
    }

    /// A value that the API must not have here: the route is not accepted.
    fn unsupported<T>(&mut self, path: &str, value: &str) -> Option<T> {
        self.faults.unsupported(self.object, path, value)
    }

    fn headers(&mut self, path: &str, written: &HeaderFilter) -> Option<HeaderModifier> {
        let mut modifier = HeaderModifier::default();
        for entry in &written.set {
            modifier.set.push(self.entry(path, entry)?);
        }
        for entry in &written.add {
            modifier.add.push(self.entry(path, entry)?);
        }
        for name in &written.remove {
            modifier.remove.push(self.name(path, name)?);
        }
        Some(modifier)
    }

    fn entry(&mut self, path: &str, entry: &HeaderEntry) -> Option<(HeaderName, HeaderValue)> {
        let name = self.name(path, &entry.name)?;
        match HeaderValue::from_str(&entry.value) {
            Ok(value) => Some((name, value)),
            Err(_) => self.refuse(path, &format!("{:?} is not a header value", entry.value)),
        }
    }

    fn name(&mut self, path: &str, name: &str) -> Option<HeaderName> {
        HeaderName::from_bytes(name.as_bytes())
            .ok()
            .or_else(|| self.refuse(path, &format!("{name:?} is not a header name")))
    }

    fn redirect(&mut self, path: &str, written: &objects::Redirect) -> Option<Redirect> {
        let code = written.status_code.unwrap_or(302);
        let status = match code {
            301 | 302 | 303 | 307 | 308 => StatusCode::from_u16(code).ok()?,
            other => {
                return self.unsupported(&format!("{path}.requestRedirect.statusCode"), &other.to_string());
            }
        };
        if let Some(scheme) = written.scheme.as_deref().filter(|scheme| !matches!(*scheme, "http" | "https"))
        {
            return self.unsupported(&format!("{path}.requestRedirect.scheme"), scheme);
        }
        self.literal(&format!("{path}.requestRedirect.hostname"), written.hostname.as_deref());
        let modifier = self.modifier(&format!("{path}.requestRedirect.path"), written.path.as_ref())?;
        Some(Redirect {
            scheme: written.scheme.as_deref().map(Into::into),
            hostname: written.hostname.as_deref().map(Into::into),
            path: modifier,
            port: written.port,
            status,
        })
    }

    #[expect(clippy::option_option, reason = "no modifier is fine, one that cannot be followed is not")]
    fn modifier(&mut self, path: &str, written: Option<&Modifier>) -> Option<Option<PathModifier>> {
        let Some(written) = written else { return Some(None) };
        match written.r#type.as_str() {
            "ReplaceFullPath" => {
                self.literal(&format!("{path}.replaceFullPath"), written.replace_full_path.as_deref());
                Some(Some(PathModifier::Full(written.replace_full_path.clone().unwrap_or_default().into())))
            }
            "ReplacePrefixMatch" => {
                if !self.matches.iter().all(|one| matches!(one.path, PathMatch::Prefix(_))) {
                    let message = format!(
                        "{path}: ReplacePrefixMatch needs matches of type PathPrefix; this rule has others"
                    );
                    let finding = Finding::new(&codes::GL404, self.object.origin(path), message);
                    self.faults.findings.push(finding.help("split the rule, or use ReplaceFullPath"));
                }
                let text = written.replace_prefix_match.clone().unwrap_or_default();
                let place = format!("{path}.replacePrefixMatch");
                self.literal(&place, Some(&text));
                self.faults.findings.extend(literals::slashes(self.object, &place, &text));
                Some(Some(PathModifier::Prefix(text.into())))
            }
            other => self.unsupported(&format!("{path}.type"), other),
        }
    }

    /// Says of a text that is used as it stands if it looks as if something were filled in.
    fn literal(&mut self, path: &str, text: Option<&str>) {
        let found = text.and_then(|text| literals::variable(self.object, path, text));
        self.faults.findings.extend(found);
    }

    /// An invalid mirror is dropped and reported; the request itself goes on.
    fn mirror(&mut self, path: &str, written: &objects::Mirror) -> Mirror {
        let place = format!("{path}.requestMirror.backendRef");
        let target = self.registry.target(self.object, &place, &written.backend_ref, self.faults);
        let share = match (&written.fraction, written.percent) {
            (Some(fraction), _) => {
                let denominator = fraction.denominator.unwrap_or(100).max(1);
                Share { numerator: fraction.numerator.min(denominator), denominator }
            }
            (None, Some(percent)) => Share { numerator: percent.min(100), denominator: 100 },
            (None, None) => Share { numerator: 1, denominator: 1 },
        };
        Mirror { target, share, origin: self.object.origin(path) }
    }

    fn cors(&mut self, path: &str, written: &objects::Cors) -> Option<Cors> {
        let credentials = written.allow_credentials.unwrap_or(false);
        if credentials && written.allow_origins.iter().any(|origin| origin == "*") {
            let message = format!(
                "{path}: allowCredentials with allowOrigins \"*\" lets any site act for a logged-in user"
            );
            let finding = Finding::new(&codes::GL407, self.object.origin(path), message);
            self.faults.findings.push(finding.help("list the origins"));
        }
        let mut methods = Vec::new();
        for method in &written.allow_methods {
            methods.push(Method::from_bytes(method.as_bytes()).ok()?);
        }
        let mut headers = Vec::new();
        for name in written.allow_headers.iter().filter(|name| *name != "*") {
            headers.push(self.name(path, name)?);
        }
        let mut expose = Vec::new();
        for name in &written.expose_headers {
            expose.push(HeaderValue::from_str(name).ok()?);
        }
        let any = |list: &[String]| list.iter().any(|entry| entry == "*");
        let mut origins = Vec::new();
        for origin in &written.allow_origins {
            match CorsOrigin::parse(origin) {
                Some(origin) => origins.push(origin),
                None => return self.refuse(path, &format!("{origin:?} is not an origin")),
            }
        }
        Some(Cors {
            origins,
            methods: (!any(&written.allow_methods)).then_some(methods),
            headers: (!any(&written.allow_headers)).then_some(headers),
            expose,
            credentials,
            max_age: written.max_age.unwrap_or(5),
        })
    }

    /// Only of a rule: `HTTPRouteFilterExternalAuth` is supported in `HTTPRouteRule` alone.
    fn external_auth(&mut self, path: &str, written: &objects::ExternalAuth) -> Option<ExternalAuth> {
        if path.contains(".backendRefs[") {
            return self.refuse(path, "ExternalAuth is a filter of rules, not of backendRefs");
        }
        match external_auth::read(self.registry, self.object, path, written, self.faults) {
            Ok(filter) => Some(filter),
            Err(message) => self.refuse(path, &message),
        }
    }

    fn extension(&mut self, path: &str, reference: &objects::ObjectRef, filters: &mut Filters) -> Option<()> {
        let (group, kind) = (reference.group.as_str(), reference.kind.as_str());
        if (group, kind) != (ENVOY, "HTTPRouteFilter") {
            let message = format!("extensionRef to {kind} {group:?} is not supported");
            return if is_foreign(group) {
                self.unknown(path, &message)
            } else {
                self.refuse(path, &message)
            };
        }
        let name = ObjectName::new(self.object.name.namespace.clone(), reference.name.as_str());
        let Some(filter) = self.world.route_filters.get(&name) else {
            return self.refuse(path, &format!("HTTPRouteFilter {name} does not exist"));
        };
        let spec = &filter.read.spec;
        if spec.credential_injection.is_some() {
            return self
                .unknown(path, &format!("credentialInjection of HTTPRouteFilter {name} is not supported"));
        }
        if let Some(rewrite) = &spec.url_rewrite {
            filters.rewrite = Some(self.filter_rewrite(path, rewrite)?);
        }
        if let Some(response) = &spec.direct_response {
            filters.respond = Some(self.respond(path, &name, response)?);
        }
        Some(())
    }

    fn filter_rewrite(&mut self, path: &str, written: &objects::FilterRewrite) -> Option<Rewrite> {
        let hostname = match &written.hostname {
            None => None,
            Some(host) => Some(match host.r#type.as_str() {
                "Header" => HostRewrite::Header(self.name(path, host.header.as_deref().unwrap_or_default())?),
                "Backend" => HostRewrite::Backend,
                other => return self.unknown(path, &format!("hostname rewrite {other:?} is not supported")),
            }),
        };
        let modifier = match written.path.as_ref().and_then(|path| path.replace_regex_match.as_ref()) {
            None => None,
            Some(regex) => match ReplaceRegexMatch::new(&regex.pattern, &regex.substitution) {
                Ok(regex) => Some(PathModifier::Regex(regex)),
                Err(error) => return self.refuse(path, &error.to_string()),
            },
        };
        Some(Rewrite { hostname, path: modifier })
    }

    fn respond(
        &mut self,
        path: &str,
        filter: &ObjectName,
        written: &objects::FilterResponse,
    ) -> Option<DirectResponse> {
        let Ok(status) = StatusCode::from_u16(written.status_code.unwrap_or(200)) else {
            return self.refuse(path, "statusCode of directResponse is not a status");
        };
        let body = match &written.body {
            None => String::new(),
            Some(body) if body.r#type == "ValueRef" => {
                match body.value_ref.as_ref().and_then(|name| self.text(filter, &name.name)) {
                    Some(text) => text,
                    None => return self.refuse(path, "the ConfigMap of directResponse cannot be read"),
                }
            }
            Some(body) => body.inline.clone().unwrap_or_default(),
        };
        let content_type = match &written.content_type {
            Some(text) => Some(HeaderValue::from_str(text).ok()?),
            None => None,
        };
        Some(DirectResponse { status, content_type, body: body.into_bytes().into() })
    }

    /// `response.body` of a ConfigMap, or its only entry.
    fn text(&self, filter: &ObjectName, name: &str) -> Option<String> {
        let name = ObjectName::new(filter.namespace.clone(), name);
        let map: ConfigMap = self.world.objects.get(CORE, "ConfigMap", &name)?.decode().ok()?;
        map.data.get("response.body").or_else(|| map.data.values().next()).cloned()
    }
}
