//! `--kubernetes` where there is no client of clusters: an error that says so.

use gateline_api::parse::Loaded;
use gateline_api::resolve::Options;

use crate::error::CliError;
use crate::input::World;
use crate::output::Output;

/// Which cluster to read: none.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LiveArgs {
    /// Read the objects of a cluster: the program `gateline` does
    #[arg(long, hide = true)]
    pub(crate) kubernetes: bool,
}

/// A cluster: there is none.
pub(crate) enum Live {}

impl Live {
    pub(crate) fn read(_: &LiveArgs) -> Result<Self, CliError> {
        Err(CliError::Reduced("reads no clusters"))
    }

    pub(crate) fn options(&self) -> Options {
        match *self {}
    }

    pub(crate) fn tell_unseen(&self, _: &mut Output) {
        match *self {}
    }

    pub(crate) fn world(&self, _: &Options) -> World {
        match *self {}
    }

    pub(crate) fn world_with(&self, _: Loaded, _: &Options) -> World {
        match *self {}
    }
}
