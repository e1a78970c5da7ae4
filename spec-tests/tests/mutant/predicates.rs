//! What a match asks of a request, with its faults.

use gateline::model::{HeaderMatch, Match, PathMatch, QueryMatch, ValueMatch};
use http::Method;
use regex_automata::Input;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use spec_tests::Prepared;

use super::{Fault, Mutant};

impl Mutant {
    pub(super) fn takes(self, matched: &Match, request: &Prepared) -> bool {
        let mut headers = matched.headers.iter().map(|header| self.header(header, request));
        let headers = if self.is(Fault::HeadersOr) && !matched.headers.is_empty() {
            headers.any(|held| held)
        } else {
            headers.all(|held| held)
        };
        let method = matched.method.as_ref().is_none_or(|method| {
            let head =
                self.is(Fault::GetTakesHead) && *method == Method::GET && request.method == Method::HEAD;
            *method == request.method || head
        });
        let query =
            matched.query.iter().all(|query| self.query(query, request.uri.query().unwrap_or_default()));
        headers && method && query && self.path_takes(&matched.path, request.uri.path())
    }

    fn path_takes(self, path: &PathMatch, sent: &str) -> bool {
        let decoded;
        let sent = if self.is(Fault::DecodedPath) {
            decoded = String::from_utf8_lossy(&unescape(sent)).into_owned();
            &decoded
        } else {
            sent
        };
        match path {
            PathMatch::Exact(text) if self.is(Fault::ExactIgnoresSlash) => {
                sent.trim_end_matches('/') == text.trim_end_matches('/')
            }
            PathMatch::Exact(text) => **text == *sent,
            PathMatch::Prefix(text) => {
                let rest = sent.strip_prefix(text.trim_end_matches('/'));
                let element = |rest: &str| rest.is_empty() || rest.starts_with('/');
                let merge = self.is(Fault::MergeSlashes) && sent.contains("//");
                rest.is_some_and(|rest| element(rest) || self.is(Fault::BytePrefix)) && !merge
            }
            PathMatch::Regex(pattern) => self.pattern(pattern, sent.as_bytes()),
            PathMatch::Grpc(grpc) => {
                let Some((service, method)) = sent.strip_prefix('/').and_then(|rest| rest.split_once('/'))
                else {
                    return false;
                };
                let prefix = match &grpc.service {
                    Some(ValueMatch::Exact(text)) if self.is(Fault::GrpcServicePrefix) => {
                        service.starts_with(&**text)
                    }
                    _ => false,
                };
                let held = |value: &Option<ValueMatch>, part: &str| {
                    value.as_ref().is_none_or(|value| self.value(value, part.as_bytes()))
                };
                !method.contains('/')
                    && (prefix || held(&grpc.service, service))
                    && held(&grpc.method, method)
            }
        }
    }

    fn value(self, value: &ValueMatch, sent: &[u8]) -> bool {
        match value {
            ValueMatch::Exact(text) => text.as_bytes() == sent,
            ValueMatch::Regex(pattern) => self.pattern(pattern, sent),
        }
    }

    fn pattern(self, pattern: &str, sent: &[u8]) -> bool {
        let anchored = match self.fault {
            Some(Fault::UnanchoredRegex | Fault::LeftmostMustSpan) => pattern.to_owned(),
            Some(Fault::AnchorsWithoutGroup) => format!(r"\A{pattern}\z"),
            _ => format!(r"\A(?:{pattern})\z"),
        };
        let unicode = self.is(Fault::UnicodeClasses);
        let syntax = syntax::Config::new().unicode(unicode).utf8(false);
        let regex = Regex::builder().syntax(syntax).build(&anchored).unwrap();
        let spans = |found: regex_automata::Match| found.range() == (0..sent.len());
        match regex.find(Input::new(sent)) {
            Some(found) => !self.is(Fault::LeftmostMustSpan) || spans(found),
            None => false,
        }
    }

    fn header(self, header: &HeaderMatch, request: &Prepared) -> bool {
        let values: Vec<&[u8]> =
            request.headers.get_all(&header.name).iter().map(http::HeaderValue::as_bytes).collect();
        let joined = values.join(&b","[..]);
        let held = |sent: &[u8]| match &header.value {
            ValueMatch::Exact(text) if self.is(Fault::HeaderValueCase) => {
                text.as_bytes().eq_ignore_ascii_case(sent)
            }
            value => self.value(value, sent),
        };
        match self.fault {
            _ if values.is_empty() => false,
            Some(Fault::FirstHeaderOnly) => held(values[0]),
            Some(Fault::JoinedHeaderOnly) => held(&joined),
            _ => held(&joined) || values.into_iter().any(held),
        }
    }

    fn query(self, query: &QueryMatch, sent: &str) -> bool {
        let decode = |text: &str| match self.fault {
            Some(Fault::RawParameters) => text.as_bytes().to_vec(),
            Some(Fault::PlusIsPlus) => unescape(text),
            _ => unescape(&text.replace('+', " ")),
        };
        let named = |name: &[u8]| match self.fault {
            Some(Fault::ParameterCase) => query.name.as_bytes().eq_ignore_ascii_case(name),
            _ => query.name.as_bytes() == name,
        };
        let pairs = sent.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let pairs = pairs.map(|(name, value)| (decode(name), decode(value)));
        let mut values = pairs.filter(|(name, _)| named(name)).map(|(_, value)| value);
        match self.fault {
            Some(Fault::AnyParameter) => values.any(|value| self.value(&query.value, &value)),
            Some(Fault::LastParameter) => {
                values.next_back().is_some_and(|value| self.value(&query.value, &value))
            }
            _ => values.next().is_some_and(|value| self.value(&query.value, &value)),
        }
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let digits = text.get(index + 1..index + 3).filter(|_| byte == b'%');
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(escaped.unwrap_or(byte));
        index += if escaped.is_some() { 3 } else { 1 };
    }
    out
}
