//! Who gets the canary: by header, then by cookie, then by weight.

use gateline::model::{HeaderMatch, ValueMatch};
use http::HeaderName;
use http::header::COOKIE;

use super::annotations::Annotations;

/// One step: requests with this header (all of them without), and who gets them in 0 to `total` parts.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) header: Option<HeaderMatch>,
    pub(crate) canary: u32,
    pub(crate) total: u32,
}

/// The steps of a canary in order, and what could not be read.
pub(crate) fn steps(annotations: &Annotations) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut step = |name: HeaderName, value: ValueMatch, all: bool| {
        let header = Some(HeaderMatch { name, value });
        steps.push(Step { header, canary: u32::from(all), total: 1 });
    };
    if let Some(name) = annotations.get("canary-by-header") {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header"))?;
        let exact = |text: &str| ValueMatch::Exact(text.into());
        if let Some(value) = annotations.get("canary-by-header-value") {
            step(header, exact(value), true);
        } else if let Some(pattern) = annotations.get("canary-by-header-pattern") {
            let whole = format!("(?s:.*)(?:{pattern})(?s:.*)");
            gateline::pattern::check(&whole).map_err(|error| error.to_string())?;
            step(header, ValueMatch::Regex(whole.into()), true);
        } else {
            step(header.clone(), exact("always"), true);
            step(header, exact("never"), false);
        }
    }
    if let Some(name) = annotations.get("canary-by-cookie") {
        let cookie = |value| {
            let name = regex_syntax::escape(name);
            ValueMatch::Regex(format!("(?s:.*;)? *(?i:{name})={value}(?: *;(?s:.*))?").into())
        };
        step(COOKIE, cookie("always"), true);
        step(COOKIE, cookie("never"), false);
    }
    let total = annotations.number("canary-weight-total").unwrap_or(100).max(100);
    let canary = annotations.number("canary-weight").unwrap_or(0).min(total);
    steps.push(Step { header: None, canary, total });
    Ok(steps)
}
