use gateline::{Options, Profile, RegexRank};

/// The implementations that manifests are for.
#[derive(Clone, Debug)]
pub struct Target {
    /// The one that serves them.
    pub profile: Profile,
    /// Others on which they are to mean the same.
    pub also: Vec<Profile>,
    /// Where regular expressions rank, if that is known; `None` leaves it to the profile.
    pub regex_rank: Option<RegexRank>,
}

impl Default for Target {
    /// The specification.
    fn default() -> Self {
        Self { profile: Profile::SPEC, also: Vec::new(), regex_rank: None }
    }
}

impl Target {
    /// An implementation alone.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self { profile, ..Self::default() }
    }

    /// What a router is compiled with.
    #[must_use]
    pub fn options(&self) -> Options {
        let mut options = self.profile.options();
        if let Some(rank) = self.regex_rank {
            options.regex_rank = rank;
        }
        options
    }

    /// Whether nothing says where regular expressions rank.
    pub(super) fn rank_is_open(&self) -> bool {
        self.profile == Profile::SPEC && self.regex_rank.is_none()
    }
}
