use std::rc::Rc;

use super::Failure;
use super::connect::{self, Stream};
use super::host::{Active, Host};
use crate::tls::ClientTls;

/// A connection that is passed on whole.
pub(crate) struct Opened {
    pub(crate) stream: Stream,
    /// Counts for the choice among endpoints.
    pub(crate) active: Active,
}

impl Host {
    /// A connection of its own, for what is not HTTP.
    pub(crate) async fn open(self: &Rc<Self>, tls: Option<&ClientTls>) -> Result<Opened, Failure> {
        let active = Active::new(self);
        let tls = tls.map(|tls| (tls, &tls.opaque));
        let result = connect::open(self.key.address, tls, self.connect_limit()).await;
        self.judge(&result);
        Ok(Opened { stream: result?, active })
    }
}
