use std::fmt;

/// Who wrote a log, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// JSON lines of Gateline.
    GatelineJson,
    /// JSON lines of Envoy Gateway, with the fields it writes by default.
    EnvoyJson,
    /// nginx's `combined`, whatever follows it.
    NginxCombined,
    /// ingress-nginx's `upstreaminfo`: `combined`, and which upstream was asked.
    IngressNginx,
    /// HTTP Archive 1.2, as browsers save it.
    Har,
}

impl LogFormat {
    const ALL: [Self; 5] =
        [Self::GatelineJson, Self::EnvoyJson, Self::NginxCombined, Self::IngressNginx, Self::Har];

    /// Reads its name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|format| format.to_string() == text);
        named.ok_or_else(|| {
            let all = Self::ALL.map(|format| format.to_string()).join(", ");
            format!("{text:?} is none of {all}")
        })
    }

    pub(super) fn is_json(self) -> bool {
        matches!(self, Self::GatelineJson | Self::EnvoyJson)
    }
}

impl fmt::Display for LogFormat {
    /// `nginx-combined`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GatelineJson => "gateline-json",
            Self::EnvoyJson => "envoy-json",
            Self::NginxCombined => "nginx-combined",
            Self::IngressNginx => "ingress-nginx",
            Self::Har => "har",
        })
    }
}
