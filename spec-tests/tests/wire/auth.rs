use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use spec_tests::{AuthReply, Case, Question};

use super::seen;

/// The authorization servers of the case that is put: what they answer, and what they were asked.
#[derive(Clone, Default)]
pub(crate) struct AuthServers(Arc<Mutex<Round>>);

#[derive(Default)]
struct Round {
    /// `None`: a 200 with nothing.
    replies: BTreeMap<String, Option<AuthReply>>,
    asked: Vec<Question>,
}

impl AuthServers {
    /// Another case: its servers are those that it expects to be asked.
    pub(crate) fn begin(&self, case: &Case) {
        let servers = case.expect.asked.iter().map(|asked| asked.server.clone());
        let replies = servers.map(|server| {
            let reply = case.request.auth.get(&server).cloned();
            (server, reply)
        });
        *self.0.lock().unwrap() = Round { replies: replies.collect(), asked: Vec::new() };
    }

    /// What was asked since, in order.
    pub(crate) fn asked(&self) -> Vec<Question> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }

    /// The answer of a server that the case has asked.
    pub(super) fn answer(&self, name: &str, request: &Request<Incoming>) -> Option<Response<Empty<Bytes>>> {
        let mut round = self.0.lock().unwrap();
        let reply = round.replies.get(name)?.clone();
        round.asked.push(Question { server: name.to_owned(), told: Some(seen(request)) });
        let mut response = Response::new(Empty::new());
        if let Some(AuthReply { status, headers }) = reply {
            *response.status_mut() = status.try_into().unwrap();
            *response.headers_mut() = headers.iter().map(field).collect::<HeaderMap>();
        }
        Some(response)
    }
}

fn field((name, value): &(String, String)) -> (HeaderName, HeaderValue) {
    (name.parse().unwrap(), value.parse().unwrap())
}
