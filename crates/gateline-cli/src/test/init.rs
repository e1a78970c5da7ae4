//! `--suggest` and `--init`: tests that say what the manifests do today.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use gateline_testing::suggest;

use super::Args;
use crate::Verdict;
use crate::error::CliError;
use crate::input::inputs;
use crate::output::Output;
use crate::snippet::Drawer;

const FILE: &str = "gateline.routetest.yaml";

pub(super) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    let config = args.choices.config()?;
    let world = args.choices.load(&inputs(&args.paths)?, &args.choices.options(&config));
    let drawer = Drawer::new(&world.sources, output.error_color());
    world.errors.iter().for_each(|error| output.error_line(&drawer.error(error)));
    world.usable()?;
    if !world.errors.is_empty() {
        return Err(CliError::Unread(world.errors.len()));
    }
    let router = world.router_on(&args.choices.target(&config))?;
    if args.suggest {
        output.line(suggest(&router, &[]).trim_end());
        return Ok(Verdict::Clean);
    }
    let [folder] = args.paths.as_slice() else { return Err(CliError::OneFolder) };
    if !folder.is_dir() {
        return Err(CliError::OneFolder);
    }
    let path = folder.join(FILE);
    write(&path, &suggest(&router, &[])).map_err(|source| CliError::Write { path: path.clone(), source })?;
    output.line(&format!("wrote {}: run `gateline test {}`", path.display(), folder.display()));
    Ok(Verdict::Clean)
}

/// Never over a file that is there.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
