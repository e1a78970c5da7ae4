use serde_json::{Value, json};

/// One of `status.addresses` of a Gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayAddress {
    /// `IPAddress` or `Hostname`.
    pub kind: String,
    /// The address.
    pub value: String,
    /// It was asked for with `routability: Cluster` (GEP-5093): a Service's cluster IP, of no use outside.
    pub in_cluster: bool,
}

impl GatewayAddress {
    /// An address of type `IPAddress` that is routable wherever the implementation provides.
    pub fn ip(value: impl Into<String>) -> Self {
        Self { kind: "IPAddress".to_owned(), value: value.into(), in_cluster: false }
    }

    pub(crate) fn value(&self) -> Value {
        let mut value = json!({ "type": self.kind, "value": self.value });
        if self.in_cluster {
            value["routability"] = "Cluster".into();
        }
        value
    }
}
