//! Which crate may depend on which: the architecture's invariants, read from `cargo metadata`.

use serde_json::Value;

use super::Finding;

const HINT: &str = "each cut exists because something must not be imported across it; see ARCHITECTURE.md";

/// A crate, what it may use, and what its tests may use besides.
struct Cut {
    name: &'static str,
    may_use: &'static [&'static str],
    tests_too: &'static [&'static str],
}

const CUTS: &[Cut] = &[
    Cut { name: "kernel", may_use: &[], tests_too: &[] },
    Cut { name: "store", may_use: &["kernel"], tests_too: &[] },
    Cut { name: "engine", may_use: &["kernel", "store"], tests_too: &[] },
    Cut { name: "courier", may_use: &["kernel", "engine"], tests_too: &["store"] },
    Cut { name: "web", may_use: &["kernel", "engine", "store"], tests_too: &[] },
    Cut { name: "console", may_use: &["kernel", "engine", "store", "web"], tests_too: &["courier", "*provider"] },
    Cut { name: "*provider", may_use: &["kernel", "engine", "web"], tests_too: &["store", "courier"] },
    Cut { name: "sim", may_use: &["kernel", "store", "engine", "*provider"], tests_too: &[] },
    Cut {
        name: "playmoney",
        may_use: &["kernel", "store", "engine", "courier", "web", "console", "*provider"],
        tests_too: &["sim"],
    },
    Cut { name: "xtask", may_use: &[], tests_too: &[] },
];

pub(super) fn check(metadata: &Value) -> Vec<Finding> {
    packages(metadata).iter().flat_map(check_package).collect()
}

/// A member of the workspace, as far as the rules need it.
pub(super) struct Package<'a> {
    pub(super) name: &'a str,
    /// Directory relative to the root of the workspace.
    pub(super) directory: String,
    pub(super) dependencies: Vec<Dependency<'a>>,
}

pub(super) struct Dependency<'a> {
    pub(super) name: &'a str,
    /// Directory relative to the root, for crates of the workspace.
    pub(super) directory: Option<String>,
    pub(super) for_tests: bool,
}

/// The members of the workspace.
pub(super) fn packages(metadata: &Value) -> Vec<Package<'_>> {
    let root = text(metadata, "workspace_root");
    let inside = |path: &str| path.strip_prefix(root).unwrap_or(path).trim_matches('/').to_owned();
    let dependency = |value| Dependency {
        name: text(value, "name"),
        directory: value["path"].as_str().map(inside),
        for_tests: value["kind"] == "dev",
    };
    list(metadata, "packages")
        .map(|package| Package {
            name: text(package, "name"),
            directory: inside(text(package, "manifest_path").trim_end_matches("Cargo.toml")),
            dependencies: list(package, "dependencies").map(dependency).collect(),
        })
        .collect()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value[member].as_array().into_iter().flatten()
}

/// Providers are one kind: what holds for one holds for all.
fn kind<'a>(name: &'a str, directory: &str) -> &'a str {
    if directory.starts_with("providers/") { "*provider" } else { name }
}

fn check_package(package: &Package<'_>) -> Vec<Finding> {
    let manifest = format!("{}/Cargo.toml", package.directory);
    let own = kind(package.name, &package.directory);
    let Some(cut) = CUTS.iter().find(|cut| cut.name == own) else {
        let hint = "add it to the table in xtask/src/tidy/crates.rs and to ARCHITECTURE.md";
        return vec![Finding::new(&manifest, 0, format!("`{}` has no place in the architecture", package.name), hint)];
    };
    package
        .dependencies
        .iter()
        .filter_map(|dependency| {
            let other = kind(dependency.name, dependency.directory.as_deref()?);
            let allowed = cut.may_use.contains(&other) || (dependency.for_tests && cut.tests_too.contains(&other));
            (!allowed).then(|| {
                Finding::new(&manifest, 0, format!("`{}` must not use `{}`", package.name, dependency.name), HINT)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(name: &str, directory: &str, dependencies: &[(&str, &str, Option<&str>)]) -> Vec<String> {
        let list: Vec<Value> = dependencies
            .iter()
            .map(|(name, directory, kind)| json!({"name": name, "path": format!("/r/{directory}"), "kind": kind}))
            .collect();
        let manifest = format!("/r/{directory}/Cargo.toml");
        let package = json!({"name": name, "manifest_path": manifest, "dependencies": list});
        let metadata = json!({"workspace_root": "/r", "packages": [package]});
        check(&metadata).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn each_crate_uses_what_lies_below_it() {
        assert_eq!(found("store", "store", &[("kernel", "kernel", None)]), Vec::<String>::new());
        assert_eq!(found("store", "store", &[("engine", "engine", None)]), vec!["`store` must not use `engine`"]);
        assert_eq!(found("kernel", "kernel", &[("store", "store", Some("dev"))]).len(), 1);
        assert_eq!(found("sim", "sim", &[("dojo", "providers/dojo", None)]), Vec::<String>::new());
    }

    #[test]
    fn a_provider_never_uses_another() {
        let web = ("web", "web", None);
        assert_eq!(found("dojo", "providers/dojo", &[web, ("store", "store", Some("dev"))]), Vec::<String>::new());
        let other = ("sandpay", "providers/sandpay", Some("dev"));
        assert_eq!(found("dojo", "providers/dojo", &[web, other]), vec!["`dojo` must not use `sandpay`"]);
    }

    #[test]
    fn a_crate_without_a_place_is_refused() {
        assert_eq!(found("glue", "glue", &[]), vec!["`glue` has no place in the architecture"]);
    }
}
