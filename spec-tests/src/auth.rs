use gateline::filter::{AuthProtocol, ExternalAuth};
use gateline::model::Model;
use http::uri::PathAndQuery;
use http::{HeaderMap, header::HOST};

use crate::file::Case;
use crate::observed::{Question, Sent};
use crate::request::{Prepared, headers};

/// Status and header fields of an answer that ends a request.
pub type Refusal = (u16, HeaderMap);

/// Puts the questions of filters to the servers of a case, one after the other, as a data plane does: what they answer is laid
/// over the request. `Some` is the answer of one that refuses.
pub fn authorize<'f>(
    filters: impl IntoIterator<Item = &'f ExternalAuth>,
    model: &Model,
    case: &Case,
    request: &mut Prepared,
    asked: &mut Vec<Question>,
) -> Result<Option<Refusal>, String> {
    for filter in filters {
        let Some(id) = filter.target.backend() else { return Ok(Some((500, HeaderMap::new()))) };
        let server = model.backends.get(id.0 as usize).ok_or("no such backend")?.name.to_string();
        let reply = case.request.auth.get(&server);
        asked.push(Question { server, told: Some(question(filter, request)?) });
        let (status, answer) = match reply {
            None => (200, HeaderMap::new()),
            Some(reply) => (reply.status, headers(&reply.headers)?),
        };
        match status {
            200 => filter.admit(&answer, &mut request.headers),
            201..300 => return Ok(Some((403, answer))),
            status => return Ok(Some((status, answer))),
        }
    }
    Ok(None)
}

/// What a server is told of a request.
fn question(filter: &ExternalAuth, request: &Prepared) -> Result<Sent, String> {
    let whole = request.http()?;
    let slash = PathAndQuery::from_static("/");
    let path = whole.uri().path_and_query().unwrap_or(&slash);
    let path = match filter.protocol {
        AuthProtocol::Http { .. } => filter.path(path).ok_or("no path")?,
        AuthProtocol::Grpc { .. } => path.clone(),
    };
    let mut headers = filter.question(whole.headers());
    headers.remove(HOST);
    let (method, host) = (request.method.to_string(), request.authority.clone());
    Ok(Sent { method, path: path.to_string(), host, headers })
}
