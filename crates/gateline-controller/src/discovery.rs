//! Which of the kinds this cluster serves, and in which version.

use std::collections::BTreeSet;

use kube::Client;
use kube::core::{ApiResource, GroupVersionKind, Version};

use crate::kinds::Kind;

/// The kinds that are served now, each in its best version: the newest stable one, else beta, else alpha.
pub(crate) async fn served(client: &Client, kinds: &[Kind]) -> kube::Result<Vec<(Kind, ApiResource)>> {
    let mut found: Vec<(Kind, ApiResource)> =
        kinds.iter().filter_map(|kind| Some((*kind, built_in(kind)?))).collect();
    let mut missing: Vec<Kind> = kinds.iter().filter(|kind| kind.plural.is_none()).copied().collect();
    let groups: BTreeSet<&str> = missing.iter().map(|kind| kind.group).collect();
    if groups.is_empty() {
        return Ok(found);
    }
    for group in client.list_api_groups().await?.groups {
        if !groups.contains(&*group.name) {
            continue;
        }
        let mut versions = group.versions;
        versions.sort_by_cached_key(|version| std::cmp::Reverse(Version::parse(&version.version).priority()));
        for version in versions {
            let resources = client.list_api_group_resources(&version.group_version).await?.resources;
            missing.retain(|kind| {
                let named = resources.iter().find(|resource| {
                    *kind.group == *group.name && resource.kind == kind.kind && !resource.name.contains('/')
                });
                let Some(resource) = named else { return true };
                let id = GroupVersionKind::gvk(kind.group, &version.version, kind.kind);
                found.push((*kind, ApiResource::from_gvk_with_plural(&id, &resource.name)));
                false
            });
        }
    }
    Ok(found)
}

fn built_in(kind: &Kind) -> Option<ApiResource> {
    let id = GroupVersionKind::gvk(kind.group, "v1", kind.kind);
    Some(ApiResource::from_gvk_with_plural(&id, kind.plural?))
}
