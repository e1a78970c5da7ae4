//! Edits of the text of a manifest. All else of it stays as it is, comments too.

use std::ops::Range;

use gateline::model::Place;
use gateline_api::parse::Source;

/// What is put in the place of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// The scalar at a place, quotes included, becomes this one; it is quoted where it was, or must be.
pub(super) fn scalar(source: &Source, place: &Place, value: &str) -> Option<Edit> {
    let range = source.word(place)?;
    let old = source.text.get(range.clone())?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    let text = match old.chars().next()? {
        _ if value.contains('\'') => return None,
        '"' if !value.contains(['"', '\\']) => format!("\"{value}\""),
        '|' | '>' | '&' | '*' | '!' | '{' | '[' => return None,
        '"' | '\'' => format!("'{value}'"),
        _ if value.bytes().all(plain) => value.to_owned(),
        _ => format!("'{value}'"),
    };
    Some(Edit { range, text })
}

/// The entry of a list in block style that has something at this place on its first line, with its lines. `None` for one
/// in flow style.
pub(super) fn entry(source: &Source, place: &Place) -> Option<Edit> {
    let line = source.line(place.line)?;
    let dash = line.len() - line.trim_start().len();
    let head = line.get(dash..)?;
    // Only the marker of this one entry stands before it: `- - x` is another list.
    let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
    let between = head.strip_prefix('-')?.get(..column.checked_sub(dash + 1)?)?;
    if between.is_empty() || !between.trim().is_empty() {
        return None;
    }
    let mut end = place.line + 1;
    let mut last = place.line;
    while let Some(next) = source.line(end) {
        let indent = next.len() - next.trim_start().len();
        let text = next.trim_start();
        if !text.is_empty() && !text.starts_with('#') {
            if indent <= dash {
                break;
            }
            last = end;
        } else if text.starts_with('#') && indent > dash {
            last = end;
        }
        end += 1;
    }
    Some(Edit { range: start_of(source, place.line)?..start_of(source, last + 1)?, text: String::new() })
}

/// The first byte of a line; behind the last line, the end.
fn start_of(source: &Source, line: u32) -> Option<usize> {
    let lines = usize::try_from(line).ok()?.checked_sub(1)?;
    let mut starts = std::iter::once(0).chain(source.text.match_indices('\n').map(|(at, _)| at + 1));
    Some(starts.nth(lines).unwrap_or(source.text.len()))
}

/// The text with all edits, which do not overlap; `None` if they do.
pub(super) fn applied(text: &str, mut edits: Vec<Edit>) -> Option<String> {
    edits.sort_by_key(|edit| edit.range.start);
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        result.push_str(text.get(done..edit.range.start)?);
        result.push_str(&edit.text);
        done = edit.range.end;
    }
    result.push_str(text.get(done..)?);
    Some(result)
}
