use gateline::RegexRank;
use gateline_api::Target;
use gateline_api::resolve::Options;
use serde::Deserialize;

use crate::load::{AssumeConfig, Config, RoutingProfile};

/// What a program chooses when it loads manifests: `--assume`, `--profile` and `--regex-rank` of the command line. It goes
/// over `gateline.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// What to take things for that are not in the input.
    pub assume: AssumeConfig,
    /// The implementation to decide like.
    pub profile: Option<RoutingProfile>,
    /// Where regular expressions rank among path matches, if not where the profile has them.
    pub regex_rank: Option<Rank>,
}

/// [`RegexRank`] as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rank {
    /// After Exact, before every prefix.
    AbovePrefix,
    /// After every prefix.
    BelowPrefix,
}

impl Settings {
    /// The options of a resolution. `now`, in seconds since 1970, is what certificates are held against.
    pub(crate) fn resolve(&self, config: &Config, now: Option<i64>) -> Options {
        self.assume.over(config.options(now.map(gateline::model::Timestamp)))
    }

    /// The implementations to look at requests for: what is said here goes over `config`.
    #[must_use]
    pub fn target(&self, config: &Config) -> Target {
        let mut target = config.target();
        if let Some(profile) = self.profile {
            target.profile = profile.0;
        }
        target.regex_rank = self.regex_rank.map(|rank| match rank {
            Rank::AbovePrefix => RegexRank::AbovePrefix,
            Rank::BelowPrefix => RegexRank::BelowPrefix,
        });
        target
    }
}
