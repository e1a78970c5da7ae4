//! The words for verdicts, the same in every front door.

use gateline::explain::{Criterion, Outcome, Source, Verdict};

/// What becomes of a request, in a word.
#[must_use]
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Forward => "forward",
        Outcome::Redirect => "redirect",
        Outcome::Respond => "respond",
        Outcome::None => "none",
        Outcome::Close => "close",
        Outcome::Http => "http",
    }
}

/// What became of a candidate, in a sentence.
#[must_use]
pub fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Won { on: None } => "wins: no other rule matches".to_owned(),
        Verdict::Won { on: Some(on) } => format!("wins: {}", criterion(*on)),
        Verdict::Lost { on } => format!("matches too, but {}", criterion(*on)),
        Verdict::Failed { predicate, expected, actual } => {
            let actual = actual
                .as_ref()
                .map_or_else(|| "it is absent".to_owned(), |actual| format!("it is {actual:?}"));
            format!("{predicate}: wants {expected}, {actual}")
        }
    }
}

fn criterion(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Hostname => "the more specific hostname goes first",
        Criterion::PathKind => "exact paths go first, then regular expressions, then prefixes",
        Criterion::Location => "the Ingress controller tries it earlier",
        Criterion::PathLength => "the longer path prefix goes first",
        Criterion::GrpcService => "the longer service name goes first",
        Criterion::GrpcMethod => "the longer method name goes first",
        Criterion::Method => "a match of the method goes first",
        Criterion::Headers => "more header matches go first",
        Criterion::Query => "more query parameter matches go first",
        Criterion::Age => "the older route goes first",
        Criterion::Name => "all else is equal, and namespace/name decides",
        Criterion::Order => "the earlier rule or match of a route goes first",
    }
}

/// Every criterion with its word, in order of precedence: for pages that say it themselves.
#[must_use]
pub fn criteria() -> [(Criterion, &'static str); 12] {
    Criterion::ALL.map(|one| (one, criterion(one)))
}

/// `file:line:column`.
#[must_use]
pub fn place(source: &Source) -> String {
    format!("{}:{}:{}", source.file, source.line, source.column)
}
