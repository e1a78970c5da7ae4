//! Objects that do not fit their type: nothing of them is followed, but each gets a status that says so.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fault::Fault;
use super::world::Items;
use crate::object::{Object, Objects};

/// The objects of a kind that are not in `items` because they could not be read, and why.
pub(super) fn of<'a, T: DeserializeOwned>(
    objects: &'a Objects,
    group: &str,
    kind: &str,
    items: &Items<'_, T>,
) -> Vec<(&'a Object, Fault)> {
    let absent =
        objects.of_kind(group, kind).filter(|object| !object.refused && !items.contains_key(&object.name));
    let why = |object: &'a Object| {
        let error = object.decode::<T>().err()?;
        Some((object, Fault::new("UnsupportedValue", format!("The {kind} cannot be read: {error}"))))
    };
    absent.filter_map(why).collect()
}

/// The entries of a list in `spec` that can be read by themselves, with their indices.
pub(super) fn entries<T: DeserializeOwned>(object: &Object, list: &str) -> Vec<(usize, T)> {
    let entries = object.value.pointer(&format!("/spec/{list}")).and_then(Value::as_array);
    let readable = |(i, entry)| Some((i, T::deserialize(entry).ok()?));
    entries.into_iter().flatten().enumerate().filter_map(readable).collect()
}
