use gateline::filter::{AuthProtocol, ExternalAuth};
use http::HeaderName;

use super::backends::Registry;
use super::fault::Faults;
use crate::object::Object;
use crate::objects;

/// Reads an `externalAuth`. `Err` says what of it cannot be followed; a reference that cannot be is the faults' and leaves an
/// invalid target, which answers 500.
pub(super) fn read(
    registry: &mut Registry<'_, '_>,
    object: &Object,
    path: &str,
    written: &objects::ExternalAuth,
    faults: &mut Faults,
) -> Result<ExternalAuth, String> {
    let protocol = match written.protocol.as_str() {
        "HTTP" => http(written.http.as_ref())?,
        "GRPC" => {
            let grpc = written.grpc.as_ref();
            let listed = grpc.map(|grpc| grpc.allowed_headers.as_slice()).unwrap_or_default();
            AuthProtocol::Grpc { request_headers: names(listed)? }
        }
        other => return Err(format!("externalAuth.protocol {other:?} is not supported")),
    };
    let place = format!("{path}.externalAuth.backendRef");
    Ok(ExternalAuth {
        target: registry.target(object, &place, &written.backend_ref, faults),
        protocol,
        body: written.forward_body.as_ref().map_or(0, |body| body.max_size),
        origin: object.origin(path),
    })
}

fn http(written: Option<&objects::HttpAuth>) -> Result<AuthProtocol, String> {
    let Some(written) = written else {
        let none = Vec::new;
        return Ok(AuthProtocol::Http { path: "".into(), request_headers: none(), response_headers: none() });
    };
    Ok(AuthProtocol::Http {
        path: prefix(written.path.as_deref().unwrap_or_default())?,
        request_headers: names(&written.allowed_headers)?,
        response_headers: names(&written.allowed_response_headers)?,
    })
}

/// "Even with the validation, implementations MUST sanitize this input": the characters of the CRD's pattern, one `/` at the
/// front, none at the end, and no segment that leads back out of it.
fn prefix(written: &str) -> Result<Box<str>, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-/._~!$&'()*+,;=:@%".contains(&byte);
    let inner = written.trim_matches('/');
    let leads_out = inner.split('/').any(|segment| matches!(segment, "." | ".."));
    if !written.bytes().all(allowed) || leads_out {
        return Err(format!("externalAuth.http.path {written:?} is not a path"));
    }
    Ok(if inner.is_empty() { "".into() } else { format!("/{inner}").into() })
}

fn names(written: &[String]) -> Result<Vec<HeaderName>, String> {
    let name = |name: &String| {
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is not a header name"))
    };
    written.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn prefixes() {
        let good = [
            ("", ""),
            ("/", ""),
            ("auth", "/auth"),
            ("/auth/", "/auth"),
            ("//a/b", "/a/b"),
            ("/%41", "/%41"),
        ];
        for (written, expected) in good {
            assert_eq!(prefix(written).as_deref(), Ok(expected), "{written}");
        }
        for bad in ["/a?b", "/a b", "/a#b", "/../a", "/a/..", "/a\r\nHost: b", "/\u{e9}"] {
            assert!(prefix(bad).is_err(), "{bad:?}");
        }
    }
}
