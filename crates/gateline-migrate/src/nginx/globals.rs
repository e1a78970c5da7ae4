use gateline_api::Objects;
use gateline_api::objects::{CORE, ConfigMap};

/// What holds for every Ingress: the ConfigMap of the controller, and choices of its releases.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Globals {
    /// `--annotations-prefix`; default `nginx.ingress.kubernetes.io`.
    pub annotations_prefix: String,
    /// `http-redirect-code`, of redirects to HTTPS and between `www.` and not; default 308.
    pub http_redirect_code: u16,
    /// `ssl-redirect`; default true.
    pub ssl_redirect: bool,
    /// `force-ssl-redirect`; default false.
    pub force_ssl_redirect: bool,
    /// `no-tls-redirect-locations`: paths that begin with one of these are not redirected; default
    /// `/.well-known/acme-challenge`.
    pub no_tls_redirect_locations: Vec<String>,
    /// What `ImplementationSpecific` is; default [`ImplementationSpecific::Prefix`].
    pub implementation_specific: ImplementationSpecific,
}

/// How a path of type `ImplementationSpecific` is read on a host without regular expressions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImplementationSpecific {
    /// Element by element: the controller makes `Prefix` of it before it writes a location (`SetDefaultNGINXPathType` in its
    /// `internal/k8s/main.go`, in all releases that know pathType).
    #[default]
    Prefix,
    /// As a location of nginx with the path as it is written: `/foo` takes `/foobar` too.
    Raw,
}

impl Default for Globals {
    fn default() -> Self {
        Self {
            annotations_prefix: "nginx.ingress.kubernetes.io".into(),
            http_redirect_code: 308,
            ssl_redirect: true,
            force_ssl_redirect: false,
            no_tls_redirect_locations: vec!["/.well-known/acme-challenge".into()],
            implementation_specific: ImplementationSpecific::default(),
        }
    }
}

impl Globals {
    /// With what the ConfigMap of the controller says, if one is among the objects: one named `ingress-nginx-controller` or
    /// `nginx-configuration`, or with the label `app.kubernetes.io/name: ingress-nginx`.
    #[must_use]
    pub fn read(mut self, objects: &Objects) -> Self {
        let ours = |object: &&gateline_api::Object| {
            ["ingress-nginx-controller", "nginx-configuration"].contains(&&*object.name.name)
                || object.labels.get("app.kubernetes.io/name").is_some_and(|name| name == "ingress-nginx")
        };
        for object in objects.of_kind(CORE, "ConfigMap").filter(ours) {
            let Ok(map) = object.decode::<ConfigMap>() else { continue };
            let text = |name: &str| map.data.get(name).map(|text| text.trim());
            let flag = |name: &str| text(name).and_then(|text| text.parse::<bool>().ok());
            if let Some(code) = text("http-redirect-code").and_then(|text| text.parse().ok()) {
                self.http_redirect_code = code;
            }
            self.ssl_redirect = flag("ssl-redirect").unwrap_or(self.ssl_redirect);
            self.force_ssl_redirect = flag("force-ssl-redirect").unwrap_or(self.force_ssl_redirect);
            if let Some(list) = text("no-tls-redirect-locations") {
                let paths = list.split(',').map(str::trim).filter(|path| !path.is_empty());
                self.no_tls_redirect_locations = paths.map(str::to_owned).collect();
            }
        }
        self
    }
}
