use std::path::PathBuf;

use crate::failure::Failure;

/// What `cargo xtask conformance` is asked for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    /// The profiles to claim, as `GATEWAY-HTTP`; all of them if empty.
    pub(crate) profiles: Vec<Profile>,
    /// The only tests to run; all of those of the profiles if empty.
    pub(crate) tests: Vec<String>,
    pub(crate) channel: Channel,
    /// Where to copy the report of the suite to.
    pub(crate) report: Option<PathBuf>,
    /// The binary to test instead of the one that cargo builds.
    pub(crate) gateline: Option<PathBuf>,
    /// Measure what a change takes at so many HTTPRoutes, instead of the suite.
    pub(crate) latency: Option<u32>,
    /// Leave the cluster up after the suite, until it is interrupted.
    pub(crate) keep: bool,
    /// Give up sooner on what does not come: failing tests take seconds and not minutes.
    pub(crate) short: bool,
    /// This process is in the namespaces already.
    pub(crate) inside: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) enum Channel {
    #[default]
    Standard,
    Experimental,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Profile {
    Http,
    Tls,
    Tcp,
    Udp,
    Grpc,
}

impl Options {
    /// Reads the arguments after the name of the job.
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            let mut value =
                || args.next().ok_or_else(|| Failure::new(format!("{arg}: what should follow is missing")));
            match arg.as_str() {
                "--profile" => options.profiles.push(Profile::parse(&value()?)?),
                "--run" => options.tests.push(value()?),
                "--channel" => options.channel = Channel::parse(&value()?)?,
                "--report" => options.report = Some(absolute(&value()?)?),
                "--gateline" => options.gateline = Some(absolute(&value()?)?),
                "--latency" => options.latency = Some(number(&arg, &value()?)?),
                "--keep" => options.keep = true,
                "--short" => options.short = true,
                "--inside" => options.inside = true,
                other => return Err(Failure::new(format!("unknown: {other}\n\n{}", crate::args::USAGE))),
            }
        }
        if options.profiles.is_empty() {
            options.profiles = Profile::ALL.to_vec();
        }
        Ok(options)
    }

    /// The arguments that are read as these options, in any folder.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let valued = |name: &str, value: &dyn std::fmt::Display| vec![name.to_owned(), value.to_string()];
        let mut arguments = valued("--channel", &self.channel.name());
        arguments.extend(self.profiles.iter().flat_map(|profile| valued("--profile", &profile.name())));
        arguments.extend(self.tests.iter().flat_map(|test| valued("--run", test)));
        for (name, path) in [("--report", &self.report), ("--gateline", &self.gateline)] {
            arguments.extend(path.iter().flat_map(|path| valued(name, &path.display())));
        }
        arguments.extend(self.latency.iter().flat_map(|routes| valued("--latency", routes)));
        for (name, wanted) in [("--keep", self.keep), ("--short", self.short), ("--inside", self.inside)] {
            arguments.extend(wanted.then(|| name.to_owned()));
        }
        arguments
    }
}

/// The job runs in another folder than it was called in.
pub(super) fn absolute(path: &str) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::new(format!("{path}: {error}")))
}

pub(super) fn number(option: &str, text: &str) -> Result<u32, Failure> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| Failure::new(format!("{option} {text}: a number from 1")))
}

impl Channel {
    pub(crate) const ALL: [Self; 2] = [Self::Standard, Self::Experimental];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Experimental => "experimental",
        }
    }

    fn parse(name: &str) -> Result<Self, Failure> {
        let found = Self::ALL.into_iter().find(|channel| channel.name() == name);
        found.ok_or_else(|| Failure::new(format!("--channel {name}: standard or experimental")))
    }
}

impl Profile {
    pub(crate) const ALL: [Self; 5] = [Self::Http, Self::Tls, Self::Grpc, Self::Tcp, Self::Udp];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Http => "GATEWAY-HTTP",
            Self::Tls => "GATEWAY-TLS",
            Self::Tcp => "GATEWAY-TCP",
            Self::Udp => "GATEWAY-UDP",
            Self::Grpc => "GATEWAY-GRPC",
        }
    }

    /// By its full name or the last part of it, in any case.
    fn parse(name: &str) -> Result<Self, Failure> {
        let wanted = name.to_ascii_uppercase();
        let found = Self::ALL.into_iter().find(|profile| {
            profile.name() == wanted || profile.name().strip_prefix("GATEWAY-") == Some(&wanted)
        });
        found.ok_or_else(|| Failure::new(format!("--profile {name}: one of http, tls, grpc, tcp, udp")))
    }

    /// Whether a feature is of this profile, core or extended. The names of features begin with their resource.
    pub(crate) fn has(self, feature: &str) -> bool {
        let route = match self {
            Self::Http => "HTTPRoute",
            Self::Tls => "TLSRoute",
            Self::Tcp => "TCPRoute",
            Self::Udp => "UDPRoute",
            Self::Grpc => "GRPCRoute",
        };
        let backend = matches!(self, Self::Http | Self::Tls | Self::Grpc);
        ["Gateway", "ListenerSet", "ReferenceGrant", "ClusterTrustBundle", route]
            .iter()
            .any(|p| feature.starts_with(p))
            || (backend && feature.starts_with("BackendTLSPolicy"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, Failure> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn all_profiles_unless_some_are_named() {
        assert_eq!(parse("").unwrap().profiles, Profile::ALL);
        assert_eq!(
            parse("--profile http --profile GATEWAY-UDP").unwrap().profiles,
            [Profile::Http, Profile::Udp]
        );
    }

    #[test]
    fn arguments_are_read_as_what_they_were_written_from() {
        let options =
            parse("--profile tls --run A --run B --gateline g --short --channel experimental --latency 9")
                .unwrap();
        assert_eq!(Options::parse(options.arguments().into_iter()).unwrap(), options);
    }

    #[test]
    fn a_wrong_argument_is_an_error() {
        for line in ["--profile MESH-HTTP", "--channel beta", "--run", "--fast", "--latency 0"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn features_of_a_profile() {
        assert!(Profile::Tls.has("TLSRouteModeMixed") && Profile::Tls.has("BackendTLSPolicySANValidation"));
        assert!(!Profile::Tcp.has("BackendTLSPolicy") && !Profile::Http.has("MeshHTTPRouteRewritePath"));
    }
}
