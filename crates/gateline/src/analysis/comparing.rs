use std::collections::BTreeMap;
use std::fmt;

use super::change::ChangeKind;
use super::claim::Scope;
use crate::model::{ListenerId, RouteId};

/// What a comparison looks at besides two routers, and what of it.
#[derive(Clone, Debug, Default)]
pub struct Comparing {
    /// Before and after.
    pub beside: [Beside; 2],
    /// Only these requests; its methods, headers and query parameters do not count.
    pub within: Scope,
    /// Changes that are meant.
    pub waivers: Vec<Waiver>,
}

/// What a model leaves out and a client or backend notices all the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// By [`ListenerId`]: the certificates that are shown, and which are asked for.
    pub listeners: Vec<Label>,
    /// TLS to backends, by kind and name: `Service shop/cart:80`.
    pub backends: BTreeMap<String, Label>,
    /// Policies of the implementation, by what they are in force for.
    pub policies: BTreeMap<(ListenerId, RouteId, u16), Label>,
}

/// Something that is compared as a whole.
#[derive(Clone, Debug, Default)]
pub struct Label {
    /// For people.
    pub words: Box<str>,
    /// All that counts when two are compared.
    pub content: Vec<u8>,
}

impl PartialEq for Label {
    fn eq(&self, other: &Self) -> bool {
        self.content == other.content
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.words.is_empty() { "nothing" } else { &self.words })
    }
}

/// Changes that are meant: whatever falls under it is not reported.
#[derive(Clone, Debug, Default)]
pub struct Waiver {
    /// Of these kinds; none is any.
    pub kinds: Vec<ChangeKind>,
    /// Of these requests; its methods, headers and query parameters do not count.
    pub scope: Scope,
}

impl Waiver {
    /// Whether it waives a change of this kind to requests whose Gateway, port and scheme fit.
    pub(super) fn is_of(&self, kind: ChangeKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}
