//! When a request is tried again (GEP-1731).

use std::time::Duration;

use gateline::model::Retry;
use http::StatusCode;

use crate::upstream::Failure;

const FIRST: Duration = Duration::from_millis(10);

pub(crate) fn wants_status(retry: &Retry, status: StatusCode) -> bool {
    retry.codes.contains(&status.as_u16())
}

/// What failed before the backend can have acted is tried again; a try that took too long only where 504 is listed.
pub(crate) fn wants_failure(retry: &Retry, failure: &Failure) -> bool {
    match failure {
        Failure::TryTimeout => wants_status(retry, StatusCode::GATEWAY_TIMEOUT),
        failure => failure.is_before_request(),
    }
}

/// The wait before try `retries` + 1: `backoff` (10 ms) doubled each time up to 16 times itself, plus up to a half.
pub(crate) fn backoff(retry: &Retry, retries: u32, random: u32) -> Duration {
    let base = retry.backoff.unwrap_or(FIRST).saturating_mul(1 << retries.min(4));
    base + base.mul_f64(f64::from(random) / f64::from(u32::MAX) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_and_stops() {
        let retry = Retry { attempts: 9, codes: vec![], backoff: Some(Duration::from_millis(100)) };
        let waits: Vec<_> = (0..6).map(|n| backoff(&retry, n, 0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 1600]);
        assert_eq!(backoff(&retry, 0, u32::MAX).as_millis(), 150);
    }
}
