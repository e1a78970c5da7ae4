//! Ask Gateway API manifests where a request goes. The command line, Python and Node are front doors of this crate, so that
//! all of them give the same answers in the same words.
//!
//! ```text
//! files, text --load--> World --router--> Router --route(Request)--> Answer
//!                                                --explain(Request)--> Explanation
//! World, Router --Tracer--trace(Request)--> Trace: the Explanation with listeners, certificate, hostname, attachment
//! ```
//!
//! [`Manifests`] is a world with its router, for those who keep both.
//!
//! # Example
//!
//! ```
//! use gateline_api::parse::Input;
//! use gateline_testing::{Config, Request, World, route};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let manifests = br"
//! apiVersion: gateway.networking.k8s.io/v1
//! kind: Gateway
//! metadata: {name: web, namespace: infra}
//! spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
//! ---
//! apiVersion: gateway.networking.k8s.io/v1
//! kind: HTTPRoute
//! metadata: {name: shop, namespace: infra}
//! spec: {parentRefs: [{name: web}], rules: [{backendRefs: [{name: shop, port: 8080}]}]}
//! ";
//! let input = Input::Text { name: "web.yaml".into(), bytes: manifests.to_vec() };
//! let world = World::load(&[input], &Config::default().options(None));
//! world.usable()?;
//! let router = world.router(&gateline::Options::default())?;
//!
//! let answer = route(&router, &Request::parse("GET http://shop.example/cart", &[])?, 0);
//! assert_eq!(answer.backend.as_deref(), Some("infra/shop:8080"));
//! # Ok(())
//! # }
//! ```

mod answer;
mod diff;
pub mod example;
mod explain;
pub mod graph;
mod load;
mod located;
mod manifests;
pub mod record;
pub mod replay;
pub mod report;
mod request;
mod run;
mod settings;
mod shown;
mod suggest;
pub mod suite;
mod test;
mod trace;
mod witnesses;
pub mod words;

pub use answer::{Answer, Share, route};
pub use diff::{Diff, Difference, Shown, Side, diff, diff_weighed, diff_with};
pub use explain::explain;
pub use gateline::explain::Reason;
pub use graph::Graph;
pub use load::{
    AnyProfile, AssumeConfig, CheckConfig, Config, LoadError, NamespaceConfig, RoutingProfile, TargetConfig,
    TestConfig, World,
};
pub use located::Located;
pub use manifests::Manifests;
pub use request::{Connection, HttpRequest, Request, RequestError, RequestKind};
pub use run::{CaseReport, Coverage, Covered, Failure, Line, Runner, TestVerdict};
pub use settings::{Rank, Settings};
pub use suggest::suggest;
pub use suite::{Suite, SuiteError, Waivers};
pub use test::{
    FileReport, Shard, ShardError, TestOptions, TestReport, Unreadable, manifests_of, test, test_files,
    test_manifests,
};
pub use trace::{
    AttemptTrace, CertificateTrace, Cover, HostnameKind, HostnameTrace, ListenerTrace, ListenerVerdict,
    NameError, Obstacle, ParentTrace, Remedy, RouteTrace, RuleRef, Trace, TraceOptions, Tracer, WhyNot,
    rules,
};
pub use witnesses::{RuleWitness, witnesses};

/// A value as `--format json` prints it, without the last line break. Every front door writes JSON with this.
#[must_use]
pub fn json(value: &impl serde::Serialize) -> String {
    // Plain data with text for keys: it does not fail.
    serde_json::to_string_pretty(value).unwrap_or_default()
}
