//! Answers that the gateway gives by itself, as a client sees them.

use http::header::LOCATION;
use http::response::Parts;
use spec_tests::{Became, Observed};

/// gRPC answers are 200 with `grpc-status`; the corpus gives them as HTTP has them.
pub(crate) fn answered(parts: Parts) -> Observed {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let status = match text("grpc-status").as_deref() {
        Some("12") => 404,
        Some("14") => 500,
        _ => parts.status.as_u16(),
    };
    let location = text(LOCATION.as_str());
    Observed {
        became: Some(Became::Answered { status, location }),
        response: Some(parts.headers),
        ..Observed::default()
    }
}
