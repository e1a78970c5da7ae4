use serde_json::Error;

use super::Fault;
use crate::finding::codes;
use crate::object::Object;
use crate::objects::{ConfigMap, EndpointSlice, Ingress, IngressClass, Secret, Service};

/// Kinds without a CRD are only read, field by field as far as Gateline uses them.
pub(super) fn check(object: &Object) -> Option<Fault> {
    let read: Result<(), Error> = match &*object.kind {
        "Service" => object.decode::<Service>().map(drop),
        "EndpointSlice" => object.decode::<EndpointSlice>().map(drop),
        "Secret" => object.decode::<Secret>().map(drop),
        "ConfigMap" => object.decode::<ConfigMap>().map(drop),
        "Ingress" => object.decode::<Ingress>().map(drop),
        "IngressClass" => object.decode::<IngressClass>().map(drop),
        _ => Ok(()),
    };
    read.err().map(|error| Fault::new(&codes::GL001, "", format!("cannot be decoded: {error}")))
}
