//! Plain scalars as the API server reads them: the rules of go-yaml v2, which `kubectl` and sigs.k8s.io/yaml use. They
//! are those of YAML 1.1 without base 60.

use serde_json::{Number, Value};

use super::error::Problem;

/// A scalar, and whether YAML 1.2 would read it otherwise.
pub(super) struct Scalar {
    pub(super) value: Value,
    pub(super) surprising: bool,
}

impl Scalar {
    fn plain(value: Value) -> Self {
        Self { value, surprising: false }
    }

    fn surprising(value: Value) -> Self {
        Self { value, surprising: true }
    }
}

/// Reads an untagged plain scalar.
pub(super) fn resolve(text: &str) -> Result<Scalar, Problem> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::plain(Value::Null),
        "true" | "True" | "TRUE" => Scalar::plain(true.into()),
        "false" | "False" | "FALSE" => Scalar::plain(false.into()),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::surprising(true.into()),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::surprising(false.into()),
        _ => match text.bytes().next() {
            Some(b'.' | b'+' | b'-') if is_infinite(text) => return Err(Problem::NotFinite(text.into())),
            Some(b'.') => float(text).map_or_else(|| string(text), Scalar::plain),
            Some(b'0'..=b'9' | b'+' | b'-') => number(text),
            _ => string(text),
        },
    })
}

/// Reads a scalar with a tag of the core schema (`int`, `bool`, …).
pub(super) fn tagged(tag: &str, text: &str) -> Result<Value, Problem> {
    let wrong = || Problem::Tag { text: text.into(), tag: format!("!!{tag}") };
    let value = match tag {
        "str" | "binary" | "timestamp" => return Ok(text.into()),
        "float" => return float(text).ok_or_else(wrong),
        _ => resolve(text)?.value,
    };
    let fits = match tag {
        "int" => value.is_i64() || value.is_u64(),
        "bool" => value.is_boolean(),
        "null" => value.is_null(),
        _ => true,
    };
    if fits { Ok(value) } else { Err(wrong()) }
}

/// A mapping key: Kubernetes turns numbers and booleans into text.
pub(super) fn key(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn string(text: &str) -> Scalar {
    Scalar::plain(text.into())
}

fn is_infinite(text: &str) -> bool {
    matches!(text.strip_prefix(['+', '-']).unwrap_or(text), ".inf" | ".Inf" | ".INF")
        || matches!(text, ".nan" | ".NaN" | ".NAN")
}

fn number(text: &str) -> Scalar {
    let underscores = text.contains('_');
    let digits = if underscores { text.replace('_', "") } else { text.into() };
    let (negative, unsigned) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(&digits)),
    };
    let (radix, body) = radix(unsigned);
    if let Some(value) = integer(negative, body, radix) {
        // YAML 1.2 knows `0x` and `0o`, but neither `0b`, nor octal by a leading zero, nor underscores.
        let surprising = underscores || radix == 2 || (radix == 8 && !unsigned.starts_with("0o"));
        return Scalar { value, surprising };
    }
    match float(&digits) {
        Some(value) => Scalar { value, surprising: underscores },
        None => string(text),
    }
}

fn radix(unsigned: &str) -> (u32, &str) {
    let Some(rest) = unsigned.strip_prefix('0') else { return (10, unsigned) };
    match rest.bytes().next() {
        None => (10, unsigned),
        Some(b'x' | b'X') => (16, &rest[1..]),
        Some(b'o' | b'O') => (8, &rest[1..]),
        Some(b'b' | b'B') => (2, &rest[1..]),
        Some(_) => (8, rest),
    }
}

fn integer(negative: bool, body: &str, radix: u32) -> Option<Value> {
    if !body.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None; // a second sign
    }
    let value = u64::from_str_radix(body, radix).ok()?;
    if negative { 0i64.checked_sub_unsigned(value).map(Value::from) } else { Some(value.into()) }
}

/// A float of YAML: digits with at most one point and an exponent. Go writes whole floats to JSON as integers.
fn float(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let legal = unsigned.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        && unsigned.starts_with(|c: char| c == '.' || c.is_ascii_digit());
    let value: f64 = legal.then(|| text.parse().ok()).flatten()?;
    #[allow(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        return Some((value as i64).into());
    }
    Number::from_f64(value).map(Value::Number)
}
