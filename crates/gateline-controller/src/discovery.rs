//! Which of the kinds this cluster serves, in which version, and whether their schemas are still the same.

use std::collections::{BTreeMap, BTreeSet};

use http::Request;
use kube::Client;
use kube::core::{ApiResource, GroupVersionKind, Version};
use serde_json::Value;

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

/// By group and version (`gateway.networking.k8s.io/v1`), a text that is another one when a schema in it is.
pub(crate) type Schemas = BTreeMap<String, String>;

/// The schemas that are served now: of the index of `OpenAPI`, which is small.
pub(crate) async fn schemas(client: &Client) -> kube::Result<Schemas> {
    let request = Request::get("/openapi/v3").body(Vec::new()).map_err(kube::Error::HttpError)?;
    let index: Value = client.request(request).await?;
    let paths = index["paths"].as_object().into_iter().flatten();
    let schema = |(path, document): (&String, &Value)| {
        // With the hash of the document.
        let url = document["serverRelativeURL"].as_str()?;
        Some((path.strip_prefix("apis/")?.to_owned(), url.to_owned()))
    };
    Ok(paths.filter_map(schema).collect())
}

fn built_in(kind: &Kind) -> Option<ApiResource> {
    let id = GroupVersionKind::gvk(kind.group, "v1", kind.kind);
    Some(ApiResource::from_gvk_with_plural(&id, kind.plural?))
}
