//! Values as YAML, one object after the other.

use serde_json::Value;

/// A value in block style, without a line break at the end.
pub(crate) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out.trim_end().to_owned()
}

fn write(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 {
                    pad(indent, out);
                }
                out.push_str(&scalar(key));
                out.push(':');
                entry(value, indent, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    pad(indent, out);
                }
                out.push_str("- ");
                write(item, indent + 2, out);
            }
        }
        Value::Object(_) => out.push_str("{}\n"),
        Value::Array(_) => out.push_str("[]\n"),
        Value::String(text) => out.push_str(&(scalar(text) + "\n")),
        other => out.push_str(&(other.to_string() + "\n")),
    }
}

/// The value after a key: on the same line, or deeper.
fn entry(value: &Value, indent: usize, out: &mut String) {
    let nested = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if !nested {
        out.push(' ');
        return write(value, indent, out);
    }
    // Lists stand under their key, as `kubectl` prints them.
    let deeper = if value.is_array() { indent } else { indent + 2 };
    out.push('\n');
    pad(deeper, out);
    write(value, deeper, out);
}

fn pad(indent: usize, out: &mut String) {
    out.push_str(&" ".repeat(indent));
}

/// Plain where every reader of YAML takes it for the same text, else in double quotes.
fn scalar(text: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_./".contains(char);
    let begins = text.chars().next().is_some_and(|char| char.is_ascii_alphabetic() || char == '/');
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_word = words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if begins && text.chars().all(plain) && !is_word {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_manifest_reads_well() {
        let value = json!({
            "kind": "HTTPRoute",
            "spec": {"hostnames": ["*.foo.com"], "rules": [{"matches": [{"path": {"value": "/a"}}], "filters": []}]},
        });
        let expected = "kind: HTTPRoute\nspec:\n  hostnames:\n  - \"*.foo.com\"\n  rules:\n  - matches:\n    - path:\n        value: /a\n    filters: []";
        assert_eq!(yaml(&value), expected);
    }

    proptest! {
        /// Whatever the text is, the parser of manifests reads back the same.
        #[test]
        fn what_is_written_is_read_back(texts in proptest::collection::vec("[ -~]{0,12}", 1..4)) {
            let value = json!({
                "apiVersion": "example.com/v1", "kind": "Any", "metadata": {"name": "x"}, "spec": {"list": texts},
            });
            let loaded = gateline_api::parse::text("x.yaml", &yaml(&value));
            prop_assert!(loaded.errors.is_empty(), "{:?}\n{}", loaded.errors, yaml(&value));
            let object = loaded.objects.iter().next().unwrap();
            prop_assert_eq!(&*object.value, &value);
        }
    }
}
