//! The objects of a cluster as they are now, without watching them.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use gateline_api::Objects;
use kube::api::ListParams;
use kube::core::{ApiResource, DynamicObject};
use kube::{Api, Client};

use crate::discovery;
use crate::kinds::{INPUTS, Kind};
use crate::watch::read;

/// Objects that are asked for at once.
const PAGE: u32 = 500;
/// Kinds that are asked for at the same time.
const AT_ONCE: usize = 8;

/// Everything that a resolution is made from, as far as one may read it.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Snapshot {
    /// The objects.
    pub objects: Objects,
    /// Kinds that there are, but not for this user.
    pub forbidden: Vec<&'static str>,
    /// Kinds of the Gateway API that this cluster does not have, as `(group, kind)`.
    pub absent: Vec<(&'static str, &'static str)>,
}

impl Snapshot {
    /// Asks for all objects of every kind, page by page. Kinds that are not served or not permitted are noted; any other
    /// refusal is an error.
    pub async fn take(client: &Client) -> kube::Result<Self> {
        let served = discovery::served(client, INPUTS).await?;
        let absent = INPUTS.iter().filter(|kind| !served.iter().any(|(served, _)| served == *kind));
        let mut snapshot =
            Self { absent: absent.map(|kind| (kind.group, kind.kind)).collect(), ..Self::default() };
        let lists = served.into_iter().map(|(kind, resource)| async move {
            Ok::<_, kube::Error>((kind, list(client, kind, &resource).await?, resource))
        });
        let lists: Vec<_> = stream::iter(lists).buffered(AT_ONCE).try_collect().await?;
        for (kind, list, resource) in lists {
            match list {
                Some(objects) => {
                    for object in objects.into_iter().filter_map(|object| read(&resource, object)) {
                        snapshot.objects.insert(object);
                    }
                }
                None => snapshot.forbidden.push(kind.kind),
            }
        }
        Ok(snapshot)
    }
}

/// All objects of a kind; `None` if they may not be read.
async fn list(
    client: &Client,
    kind: Kind,
    resource: &ApiResource,
) -> kube::Result<Option<Vec<DynamicObject>>> {
    let api: Api<DynamicObject> = Api::all_with(client.clone(), resource);
    let mut params = ListParams::default().limit(PAGE).fields(kind.fields).labels(kind.labels);
    let mut objects = Vec::new();
    loop {
        match api.list(&params).await {
            Ok(page) => {
                objects.extend(page.items);
                match page.metadata.continue_.filter(|token| !token.is_empty()) {
                    Some(token) => params.continue_token = Some(token),
                    None => return Ok(Some(objects)),
                }
            }
            Err(kube::Error::Api(status)) if status.code == 403 => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}
