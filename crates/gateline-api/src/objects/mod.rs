//! The kinds Gateline reads, as tolerant types: enumerations stay text, everything is optional, unknown fields are
//! left alone. What a value must look like is the business of `validate`; what it means, of [`crate::resolve()`].

mod backend;
mod core;
mod external_auth;
mod gateway;
mod grant;
mod ingress;
mod l4_route;
mod policy;
mod refs;
mod route;

pub use backend::{
    Backend, BackendEndpoint, BackendSpec, FilterBody, FilterResponse, FilterRewrite, HttpRouteFilter,
};
pub use core::{ClusterTrustBundle, ConfigMap, EndpointSlice, Secret, Service, ServicePort, SliceEndpoint};
pub use external_auth::{ExternalAuth, HttpAuth};
pub use gateway::{
    Address, AllowedRoutes, FrontendValidation, Gateway, GatewayClass, GatewaySpec, LabelExpression,
    LabelSelector, Listener, ListenerFilter, ListenerSet, ListenerTls, NamespaceSelector, RouteGroupKind,
};
pub use grant::{GrantFrom, GrantTo, ReferenceGrant};
pub use ingress::{
    Ingress, IngressBackend, IngressClass, IngressHttp, IngressPath, IngressPort, IngressRule,
    IngressService, IngressTls,
};
pub use l4_route::{L4Route, L4Rule};
pub use policy::{BackendTlsPolicy, BackendTlsValidation, EnvoyPolicy, PolicyTargetRef, San};
pub use refs::{BackendRef, ObjectRef, ParentRef, SecretRef};
pub use route::{
    Cors, Filter, GrpcMethod, GrpcRoute, GrpcRouteMatch, GrpcRule, HeaderEntry, HeaderFilter, HttpRoute,
    HttpRule, Mirror, Modifier, PathPredicate, Predicate, Redirect, Retry, RouteMatch, Session,
    SessionCookie, SessionHeader, Timeouts, UrlRewrite,
};

/// The group of the Gateway API.
pub const GATEWAY: &str = "gateway.networking.k8s.io";
/// The group of Envoy Gateway.
pub const ENVOY: &str = "gateway.envoyproxy.io";
/// The core group.
pub const CORE: &str = "";

/// Whether the kinds of a group are those of some implementation: what they mean is for it to say, and not known here.
#[must_use]
pub(crate) fn is_foreign(group: &str) -> bool {
    group.contains('.') && !matches!(group, GATEWAY | ENVOY)
}
/// The group of ClusterTrustBundles.
pub const CERTIFICATES: &str = "certificates.k8s.io";
/// The group of Ingress.
pub const NETWORKING: &str = "networking.k8s.io";
/// The group of EndpointSlices.
pub const DISCOVERY: &str = "discovery.k8s.io";
