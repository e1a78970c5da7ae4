//! The only place that writes to standard output and standard error.

use std::io::{self, BufWriter, IsTerminal, Stderr, Stdout, Write};

use clap::builder::styling::{AnsiColor, Effects, Style};

pub(crate) const ERROR: Style = AnsiColor::BrightRed.on_default().effects(Effects::BOLD);
pub(crate) const WARNING: Style = AnsiColor::BrightYellow.on_default().effects(Effects::BOLD);
pub(crate) const GOOD: Style = AnsiColor::BrightGreen.on_default();
pub(crate) const PLACE: Style = AnsiColor::BrightBlue.on_default();
pub(crate) const DIM: Style = Style::new().effects(Effects::DIMMED);
pub(crate) const STRONG: Style = Style::new().effects(Effects::BOLD);

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// `--format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs: the schema is in docs/
    Json,
}

/// Both output streams. A closed pipe (`gateline check | head`) ends the output, not the command: its exit code stays
/// what it would have been.
pub(crate) struct Output {
    out: Stream<BufWriter<Stdout>>,
    err: Stream<Stderr>,
}

struct Stream<W> {
    writer: W,
    color: bool,
    closed: bool,
}

impl Output {
    pub(crate) fn new(choice: ColorChoice) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let (out_color, err_color) = (wants_color(choice, &out), wants_color(choice, &err));
        Self {
            out: Stream { writer: BufWriter::new(out), color: out_color, closed: false },
            err: Stream { writer: err, color: err_color, closed: false },
        }
    }

    /// Whether standard output takes colours.
    pub(crate) fn color(&self) -> bool {
        self.out.color
    }

    /// Whether standard error takes colours.
    pub(crate) fn error_color(&self) -> bool {
        self.err.color
    }

    /// A text in a style, if standard output takes colours.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        paint(self.out.color, style, text)
    }

    /// A text in a style, if standard error takes colours.
    pub(crate) fn paint_error(&self, style: Style, text: &str) -> String {
        paint(self.err.color, style, text)
    }

    /// A line on standard output.
    pub(crate) fn line(&mut self, text: &str) {
        self.out.line(text);
    }

    /// A line on standard error.
    pub(crate) fn error_line(&mut self, text: &str) {
        self.out.flush();
        self.err.line(text);
    }

    /// A value as indented JSON on standard output.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.line(&text),
            Err(error) => self.error_line(&format!("error: {error}")),
        }
    }

    /// Writes out what is buffered. Long-running commands call it after each event.
    pub(crate) fn flush(&mut self) {
        self.out.flush();
    }
}

impl<W: Write> Stream<W> {
    fn line(&mut self, text: &str) {
        if !self.closed {
            self.closed = writeln!(self.writer, "{text}").is_err();
        }
    }

    fn flush(&mut self) {
        if !self.closed {
            self.closed = self.writer.flush().is_err();
        }
    }
}

/// A text in a style, or as it is.
pub(crate) fn paint(color: bool, style: Style, text: &str) -> String {
    if color { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

fn wants_color(choice: ColorChoice, stream: &impl IsTerminal) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            stream.is_terminal()
                && !set("NO_COLOR")
                && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// A line on standard output from another thread. A closed pipe loses it.
pub(crate) fn print_line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}
