use serde_json::Value;

use super::node::Node;

/// More combinations than this in one test are a mistake.
const MOST: usize = 10_000;

/// A value for each variable of a test.
pub(super) type Variables = Vec<(String, String)>;

/// Every combination of the values of a `matrix`, the last variable fastest. One without variables if there is none.
pub(super) fn combinations(matrix: Option<&Node<'_>>) -> Vec<Variables> {
    let mut combinations = vec![Variables::new()];
    let Some(matrix) = matrix else { return combinations };
    for (name, node) in matrix.entries("matrix") {
        let values = node.texts("a value of matrix");
        if values.is_empty() {
            node.error(format!("`{name}` has no values, so that the test would never run"));
            return Vec::new();
        }
        if combinations.len().saturating_mul(values.len()) > MOST {
            matrix.error(format!("the matrix has more than {MOST} combinations"));
            return Vec::new();
        }
        let with = |before: &Variables, value: &String| {
            let mut variables = before.clone();
            variables.push((name.clone(), value.clone()));
            variables
        };
        combinations = combinations
            .iter()
            .flat_map(|before| values.iter().map(move |value| with(before, value)))
            .collect();
    }
    combinations
}

/// The value with `${name}` filled in wherever it stands in a text; the error is a name that is no variable.
pub(super) fn fill(value: &Value, variables: &Variables) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => Value::String(fill_text(text, variables)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| fill(item, variables)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| Ok((key.clone(), fill(value, variables)?));
            Value::Object(fields.iter().map(field).collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn fill_text(text: &str, variables: &Variables) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or_else(|| after.to_owned())?;
        let variable = variables.iter().find(|(known, _)| known == name);
        let (_, value) = variable.ok_or_else(|| name.to_owned())?;
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// `method=PUT path=/healthz`: what tells the combinations of a test apart.
pub(super) fn suffix(variables: &Variables) -> String {
    let pair = |(name, value): &(String, String)| format!("{name}={value}");
    variables.iter().map(pair).collect::<Vec<_>>().join(" ")
}

/// The names of the variables, for a message.
pub(super) fn names(matrix: Option<&Node<'_>>) -> Vec<String> {
    let fields = matrix.and_then(|matrix| matrix.value.as_object());
    fields.map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fill;

    #[test]
    fn variables_are_filled_in_everywhere_but_in_keys() {
        let variables = vec![("a".to_owned(), "1".to_owned()), ("b".to_owned(), "${a}".to_owned())];
        let value = json!({"${a}": ["x${a}y${b}", 7, {"k": "$a {a} ${a}${a}"}]});
        let filled = json!({"${a}": ["x1y${a}", 7, {"k": "$a {a} 11"}]});
        assert_eq!(fill(&value, &variables), Ok(filled));
        assert_eq!(fill(&json!(["${c}"]), &variables), Err("c".to_owned()));
        assert_eq!(fill(&json!("${a"), &variables), Err("a".to_owned()));
    }
}
