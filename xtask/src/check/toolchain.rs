use crate::failure::Failure;
use crate::workspace::Workspace;

/// The stated minimum version is the one that the tests run with, so it cannot be wrong.
pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    let manifest = workspace.read("Cargo.toml")?;
    let stated =
        value(&manifest, "rust-version").ok_or_else(|| Failure::new("Cargo.toml states no rust-version"))?;
    if value(&manifest, "resolver") != Some("3") {
        return Err(Failure::new("Cargo.toml: resolver 3 keeps dependencies within rust-version"));
    }
    let printed = workspace.command("rustc").args(["--version"]).output()?;
    let used = printed.split_whitespace().nth(1).unwrap_or_default();
    if used != stated && !used.starts_with(&format!("{stated}.")) {
        return Err(Failure::new(format!("rust-version is {stated}, but the tests run with {used}")));
    }
    Ok(String::new())
}

fn value<'t>(manifest: &'t str, key: &str) -> Option<&'t str> {
    let line = manifest.lines().find(|line| line.split('=').next().is_some_and(|name| name.trim() == key))?;
    line.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    #[test]
    fn value_of_a_key() {
        let manifest = "resolver = \"3\"\nrust-version = \"1.95\"\n";
        assert_eq!(super::value(manifest, "rust-version"), Some("1.95"));
        assert_eq!(super::value(manifest, "version"), None);
    }
}
