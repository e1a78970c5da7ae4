use crate::nginx::{Globals, ImplementationSpecific, Location, PathType, SSL_REDIRECT, Server};

/// What ingress-nginx does for these servers without any annotation that says so.
pub(crate) fn of(servers: &[Server], globals: &Globals) -> Vec<String> {
    let locations = || servers.iter().flat_map(|server| &server.locations);
    let any = |holds: fn(&Location) -> bool| locations().any(holds);
    let mut notes = Vec::new();
    let mut note = |text: &str| notes.push(text.to_owned());
    note(
        "paths are decoded, `//` is merged and `..` resolved before a location is chosen; a Gateway compares paths as sent",
    );
    note("requests with a body of more than 1 MiB are answered 413 (proxy-body-size)");
    note("60 s without a byte from a backend end a request (proxy-read-timeout)");
    note("header fields with an underscore in their name are dropped");
    note("X-Forwarded-* and X-Real-IP are set; what a Gateway sets is up to its implementation");
    if servers.iter().any(|server| server.tls.is_some()) {
        note("answers over HTTPS carry Strict-Transport-Security: max-age=31536000; includeSubDomains");
        note("hosts without a certificate are served on 443 with a self-signed one");
        note("a TLS connection for one host serves requests for another; a Gateway may answer 421");
        if globals.ssl_redirect {
            note(&format!("the {SSL_REDIRECT} leaves out a slash at the end of the path"));
        }
    }
    if any(|one| one.annotations.flag("enable-cors") == Some(true)) {
        note("with enable-cors every OPTIONS request is answered 204, not only preflights");
    }
    if globals.implementation_specific == ImplementationSpecific::Raw && any(|one| one.kind == PathType::Raw)
    {
        note(
            "paths of type ImplementationSpecific are taken as raw beginnings, as you said: the controller itself reads them as Prefix",
        );
    }
    notes
}
