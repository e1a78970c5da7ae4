use ::http::{HeaderMap, HeaderName, HeaderValue};

/// Header fields that a server sets or takes away.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(super) set: Vec<Change>,
    pub(super) remove: Vec<HeaderName>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) name: HeaderName,
    pub(super) value: HeaderValue,
    pub(super) how: How,
}

/// `HeaderAppendAction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Overwrite,
    Append,
    AddIfAbsent,
    OverwriteIfPresent,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }

    pub(crate) fn apply(self, headers: &mut HeaderMap) {
        for name in self.remove {
            headers.remove(name);
        }
        let mut overwritten = Vec::new();
        for Change { name, value, how } in self.set {
            let present = headers.contains_key(&name);
            match how {
                How::Append => drop(headers.append(name, value)),
                How::AddIfAbsent if !present => drop(headers.insert(name, value)),
                How::OverwriteIfPresent if present => drop(headers.insert(name, value)),
                How::AddIfAbsent | How::OverwriteIfPresent => {}
                // Several values of one name are all the server's.
                How::Overwrite if overwritten.contains(&name) => drop(headers.append(name, value)),
                How::Overwrite => {
                    overwritten.push(name.clone());
                    headers.insert(name, value);
                }
            }
        }
    }
}
