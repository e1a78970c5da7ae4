use std::rc::Rc;
use std::time::SystemTime;

use gateline::plan::Forward;
use http::header::HeaderValue;
use http::{Response, StatusCode, Version};

use super::progress::{Patience, Progress};
use super::upgrade::{Upgrade, unexpected};
use super::{Local, ResponseBody};
use crate::headers;
use crate::listener::Client;
use crate::session::Affinity;
use crate::upstream::Sent;

/// What the way back of an answer depends on.
pub(super) struct Reply<'a> {
    pub(super) client: &'a Rc<Client>,
    pub(super) forward: &'a Forward<'a>,
    /// `Origin` of the request.
    pub(super) origin: Option<HeaderValue>,
    pub(super) upgrade: Option<Upgrade>,
    pub(super) session: Option<Affinity<'a>>,
    pub(super) progress: Rc<Progress>,
    pub(super) patience: Patience,
}

impl Reply<'_> {
    /// The answer of a backend as the client gets it.
    pub(super) fn pass_on(self, mut sent: Sent) -> Result<Response<ResponseBody>, Local> {
        if let Some(session) = self.session {
            let headers = sent.response.headers_mut();
            session.tell(sent.lease.endpoint(), self.client.secure, SystemTime::now(), headers);
        }
        let status = sent.response.status();
        match self.upgrade {
            Some(upgrade) if status == StatusCode::SWITCHING_PROTOCOLS => {
                return Ok(upgrade.accept(self.client, sent));
            }
            None if status == StatusCode::SWITCHING_PROTOCOLS => return Err(unexpected()),
            Some(upgrade) if !upgrade.can_pass(status) => return Err(unexpected()),
            _ => {}
        }
        let (mut parts, body) = sent.response.into_parts();
        headers::strip_hop_by_hop(&mut parts.headers);
        parts.extensions.clear();
        parts.version = Version::HTTP_11;
        self.forward.response(self.origin.as_ref(), &mut parts);
        let body = ResponseBody::upstream(body, sent.lease, self.progress, self.patience);
        Ok(Response::from_parts(parts, body))
    }
}
