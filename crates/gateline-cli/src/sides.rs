//! Manifests of one side of a comparison.

use std::path::PathBuf;

use gateline_testing::Config;

use crate::error::CliError;
use crate::git;
use crate::input::{Choices, World, inputs};
use crate::output::Output;

/// Reads a file, a folder, a glob, - or git:REVISION:PATH; all of it must be readable.
pub(crate) fn world(
    input: &str,
    choices: &Choices,
    config: &Config,
    output: &mut Output,
) -> Result<World, CliError> {
    let inputs = match input.strip_prefix("git:") {
        Some(revision) => git::inputs(revision)?,
        None => inputs(&[PathBuf::from(input)])?,
    };
    let world = readable(choices.load(&inputs, &choices.options(config)), output)?;
    world.usable()?;
    Ok(world)
}

/// Refuses a world of which something could not be read, and says what.
pub(crate) fn readable(world: World, output: &mut Output) -> Result<World, CliError> {
    for error in &world.errors {
        output.error_line(&format!("{}: {}", error.place, error.problem));
    }
    if world.errors.is_empty() { Ok(world) } else { Err(CliError::Unread(world.errors.len())) }
}
