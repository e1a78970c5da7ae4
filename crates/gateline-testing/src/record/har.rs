use gateline::model::Place;
use gateline_api::parse::{Limits, yaml};
use serde::Deserialize;
use serde_json::Value;

use super::error::RecordError;
use super::{Recorded, RecordedOutcome};
use crate::request::{Request, RequestError};

/// One entry of HTTP Archive 1.2, as browsers save it.
#[derive(Deserialize)]
struct Entry {
    request: Sent,
    response: Option<Answered>,
}

#[derive(Deserialize)]
struct Sent {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct Answered {
    status: i64,
    #[serde(rename = "redirectURL")]
    redirect_url: Option<String>,
}

/// The requests of a HAR file, in the order of its entries. The error is about the whole file, those in the list about single
/// entries. O(n); the file may be as large as a manifest ([`Limits`]).
pub fn har(file: &str, text: &str) -> Result<Vec<Result<Recorded, RecordError>>, RecordError> {
    let start = Place { file: file.into(), line: 1, column: 1 };
    // JSON is YAML, and this reader knows the place of everything.
    let documents = yaml(file, text, &Limits::default());
    let documents = documents.map_err(|error| {
        RecordError::new(error.place.clone(), format!("this is no HAR file: {}", error.problem))
    })?;
    let document = documents.first();
    let entries =
        document.and_then(|document| Some((document, document.value.pointer("/log/entries")?.as_array()?)));
    let (document, entries) = entries
        .ok_or_else(|| RecordError::new(start.clone(), "this is no HAR file: it has no log.entries"))?;
    let read = entries.iter().enumerate().map(|(index, value)| {
        let place = document.places.place(&format!("log.entries[{index}]"));
        entry(value, place.as_ref().unwrap_or(&start))
    });
    Ok(read.collect())
}

fn entry(value: &Value, place: &Place) -> Result<Recorded, RecordError> {
    let fail = |message: String| RecordError::new(place.clone(), message);
    let entry = Entry::deserialize(value)
        .map_err(|error| fail(format!("this is no entry of a HAR file: {error}")))?;
    let request = entry.request.read().map_err(|error| fail(error.to_string()))?;
    let response = entry.response.as_ref();
    let status = response.and_then(|response| u16::try_from(response.status).ok());
    let location = entry.response.and_then(|response| response.redirect_url);
    let outcome = RecordedOutcome {
        status: status.filter(|code| *code > 0),
        location: location.filter(|location| !location.is_empty()),
        ..RecordedOutcome::default()
    };
    Ok(Recorded { place: place.clone(), request, outcome })
}

impl Sent {
    fn read(&self) -> Result<Request, RequestError> {
        // A WebSocket begins as a request.
        let url = match self.url.split_once("://") {
            Some(("ws", rest)) => format!("http://{rest}"),
            Some(("wss", rest)) => format!("https://{rest}"),
            _ => self.url.clone(),
        };
        let url = url.split_once('#').map_or(url.as_str(), |(url, _)| url);
        // Browsers write the pseudo-header fields of HTTP/2 among the others.
        let fields = self.headers.iter().filter(|field| !field.name.starts_with(':'));
        let fields: Vec<String> = fields.map(|field| format!("{}: {}", field.name, field.value)).collect();
        Request::parse(&format!("{} {url}", self.method), &fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_a_browser() {
        let text = r#"{ "log": { "version": "1.2", "creator": {}, "entries": [
            { "request": { "method": "GET", "url": "https://shop.example.com/cart?a=b#top", "httpVersion": "h2",
                "headers": [{ "name": ":authority", "value": "shop.example.com" }, { "name": "X-A", "value": "1" }] },
              "response": { "status": 302, "redirectURL": "/login" } },
            { "request": { "method": "GET", "url": "wss://shop.example.com/live", "headers": [] }, "response": { "status": 0 } },
            { "request": { "method": "GET", "url": "data:text/plain,x" } }
        ] } }"#;
        let entries = har("a.har", text).unwrap();
        let [first, second, third] = &*entries else { panic!("{entries:?}") };
        let first = first.as_ref().unwrap();
        assert_eq!(first.request.words(), "GET https://shop.example.com/cart?a=b -H 'x-a: 1'");
        assert_eq!((first.place.line, first.place.column, first.outcome.status), (2, 13, Some(302)));
        assert_eq!(first.outcome.location.as_deref(), Some("/login"));
        let second = second.as_ref().unwrap();
        assert_eq!(second.request.words(), "GET https://shop.example.com/live");
        assert_eq!((second.place.line, second.outcome.status), (5, None));
        let error = third.as_ref().unwrap_err().to_string();
        assert!(error.starts_with("a.har:6:13: \"data:text/plain,x\" is not a URL"), "{error}");
    }

    #[test]
    fn what_is_no_har_file_is_located() {
        for (text, message) in [
            ("{\n  \"log\": {}\n}", "a.har:1:1: this is no HAR file: it has no log.entries"),
            ("", "a.har:1:1: this is no HAR file: it has no log.entries"),
            ("{\n  \"log\": [\n}", "a.har:2:10: this is no HAR file"),
        ] {
            let error = har("a.har", text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
        let entries = har("a.har", r#"{"log":{"entries":[{"response":{}}]}}"#).unwrap();
        let error = entries.first().unwrap().as_ref().unwrap_err().to_string();
        assert!(error.starts_with("a.har:1:20: this is no entry of a HAR file: missing field"), "{error}");
    }
}
