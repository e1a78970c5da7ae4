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
    out: Stream,
    err: Stream,
}

struct Stream {
    sink: Sink,
    color: bool,
    closed: bool,
}

/// Where lines go.
enum Sink {
    Out(BufWriter<Stdout>),
    Err(Stderr),
    Kept(Vec<u8>),
}

impl Output {
    /// On standard output and standard error.
    pub(crate) fn standard(choice: ColorChoice) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let (out_color, err_color) = (wants_color(choice, &out), wants_color(choice, &err));
        Self {
            out: Stream { sink: Sink::Out(BufWriter::new(out)), color: out_color, closed: false },
            err: Stream { sink: Sink::Err(err), color: err_color, closed: false },
        }
    }

    /// In memory.
    pub(crate) fn kept(choice: ColorChoice) -> Self {
        let stream =
            || Stream { sink: Sink::Kept(Vec::new()), color: choice == ColorChoice::Always, closed: false };
        Self { out: stream(), err: stream() }
    }

    /// What was kept, of standard output and standard error.
    pub(crate) fn into_texts(self) -> (String, String) {
        (self.out.into_text(), self.err.into_text())
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
        self.line(&gateline_testing::json(value));
    }

    /// Writes out what is buffered. Long-running commands call it after each event.
    pub(crate) fn flush(&mut self) {
        self.out.flush();
    }
}

impl Stream {
    fn line(&mut self, text: &str) {
        if !self.closed {
            self.closed = writeln!(self.sink.writer(), "{text}").is_err();
        }
    }

    fn flush(&mut self) {
        if !self.closed {
            self.closed = self.sink.writer().flush().is_err();
        }
    }

    fn into_text(self) -> String {
        match self.sink {
            Sink::Kept(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Sink::Out(_) | Sink::Err(_) => String::new(),
        }
    }
}

impl Sink {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Out(writer) => writer,
            Self::Err(writer) => writer,
            Self::Kept(bytes) => bytes,
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
#[cfg(feature = "serve")]
pub(crate) fn print_line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}
