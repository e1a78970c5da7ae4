use serde::Deserialize;

/// ReferenceGrant, of v1 and v1beta1 alike.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReferenceGrant {
    /// `spec`.
    pub spec: GrantSpec,
}

/// `spec` of a ReferenceGrant: any `from` may refer to any `to`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GrantSpec {
    /// Who refers.
    pub from: Vec<GrantFrom>,
    /// To what, in the grant's namespace.
    pub to: Vec<GrantTo>,
}

/// `spec.from[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GrantFrom {
    /// Group of the referrer.
    pub group: String,
    /// Kind of the referrer.
    pub kind: String,
    /// Namespace of the referrer.
    pub namespace: String,
}

/// `spec.to[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GrantTo {
    /// Group of the target; empty is the core group.
    pub group: String,
    /// Kind of the target.
    pub kind: String,
    /// One object; `None` is all of that kind.
    pub name: Option<String>,
}
