//! Reading manifests: places, streams, lists, YAML 1.1, and everything that is refused.

use std::fmt::Write as _;

use gateline::model::ObjectName;
use gateline_api::parse::{Input, Limits, Loaded, Problem, load, text};
use serde_json::json;

const ROUTE: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  creationTimestamp: 2026-11-24T14:00:00Z
spec:
  hostnames: [\"ä\", b.example]
  rules:
  - matches:
    - path: {type: Exact, value: /a}
    - headers:
      - name: x
        value: \"1\"
";

fn name(namespace: &str, name: &str) -> ObjectName {
    ObjectName::new(namespace, name)
}

fn only_problem(loaded: &Loaded) -> (String, &Problem) {
    assert_eq!(loaded.errors.len(), 1, "{:?}", loaded.errors);
    (loaded.errors[0].place.to_string(), &loaded.errors[0].problem)
}

fn codes(loaded: &Loaded) -> Vec<&str> {
    loaded.findings.iter().map(|finding| finding.code).collect()
}

/// A ConfigMap of that name whose data is the given YAML.
fn config_map(name: &str, data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:{data}\n")
}

fn data_of(loaded: &Loaded) -> serde_json::Value {
    assert!(loaded.errors.is_empty(), "{:?}", loaded.errors);
    loaded.objects.iter().next().map(|object| object.value["data"].clone()).unwrap_or_default()
}

#[test]
fn every_value_has_its_place() {
    let loaded = text("a.yaml", ROUTE);
    assert!(loaded.errors.is_empty() && loaded.findings.is_empty(), "{loaded:?}");
    let route = loaded.objects.get("gateway.networking.k8s.io", "HTTPRoute", &name("shop", "web")).unwrap();
    assert_eq!(route.created.unwrap().0, 1_795_528_800);
    let places = route.places.as_ref().unwrap();
    let value = |path: &str| places.place(path).unwrap().to_string();
    let key = |path: &str| places.key_place(path).unwrap().to_string();
    assert_eq!(value(""), "a.yaml:1:1");
    assert_eq!(value("spec.rules[0].matches[0].path.value"), "a.yaml:11:34");
    assert_eq!(key("spec.rules[0].matches[0].path.value"), "a.yaml:11:27");
    assert_eq!(value("spec.hostnames[1]"), "a.yaml:8:20", "columns count characters");
    assert_eq!(value("spec.rules[0].matches[1].headers[0].value"), "a.yaml:14:16");
    assert_eq!(
        value("spec.rules[0].matches[1].headers[0].type"),
        "a.yaml:13:9",
        "a default stands at its parent"
    );
    assert_eq!(value("spec.parentRefs[0].name"), value("spec"));
    let source = loaded.sources.get("a.yaml").unwrap();
    let word = |path: &str| &source.text[source.word(&places.place(path).unwrap()).unwrap()];
    assert_eq!(word("spec.hostnames[0]"), "\"ä\"");
    assert_eq!(word("spec.rules[0].matches[0].path.value"), "/a");
}

#[test]
fn crlf_and_byte_order_mark_change_nothing() {
    let dos = format!("\u{feff}{}", ROUTE.replace('\n', "\r\n"));
    let (plain, dos) = (text("a.yaml", ROUTE), text("a.yaml", &dos));
    let route = |loaded: &Loaded| loaded.objects.iter().next().cloned().unwrap();
    assert_eq!(route(&plain).value, route(&dos).value);
    let place = |loaded: &Loaded| route(loaded).origin("spec.rules[0].matches[1].headers[0].value").place;
    assert_eq!(place(&plain), place(&dos));
}

#[test]
fn scalars_are_read_as_the_api_server_reads_them() {
    let yaml = "
  yes: [yes, Off, y, 0777, 1_000, 0b11, 0x1F, 0o17]
  same: [true, 'yes', 08, 1.5, 1e3, 2.0, -0, .5, ~, , 1:20, 2026-01-01, 1.2.3.4, +7, --5, 0x, 1e999, v1]
  tagged: [!!str 1, !!int '12', !!float 1, !local x]
  17: 1
  null_is: null";
    let yaml = yaml.replace(" , 1:20", " null, 1:20");
    let loaded = text("a.yaml", &config_map("c", &yaml));
    assert_eq!(
        data_of(&loaded),
        json!({
            "true": [true, false, true, 511, 1000, 3, 31, 15],
            "same": [true, "yes", 8, 1.5, 1000, 2, 0, 0.5, null, null, "1:20", "2026-01-01", "1.2.3.4", 7, "--5",
                "0x", "1e999", "v1"],
            "tagged": ["1", 12, 1, "x"],
            "17": 1,
            "null_is": null,
        })
    );
    let surprising: Vec<_> = loaded.findings.iter().map(|finding| &*finding.origin.path).collect();
    let expected = ["data", "data.true[0]", "data.true[1]", "data.true[2]", "data.true[3]", "data.true[4]"];
    assert_eq!(surprising, [&expected[..], &["data.true[5]"]].concat());
    assert!(loaded.findings.iter().all(|finding| finding.code == "GL008"));
    let (place, problem) = {
        let bad = text("a", &config_map("c", " {a: .inf}"));
        (bad.errors[0].place.clone(), bad.errors[0].problem.clone())
    };
    assert_eq!((place.line, problem), (4, Problem::NotFinite(".inf".into())));
}

#[test]
fn json_is_read_with_places_tabs_escapes_and_streams() {
    let json = "{\n\t\"apiVersion\":\"v1\",\n\t\"kind\":\"Service\",\n\t\"metadata\":{\"name\":\"a\\/\\ud83d\\ude00\"},\n\t\"spec\":{\t\"ports\":[]}\n}";
    let two = format!("{json}\n{}", json.replace("a\\/", "b"));
    let loaded = text("a.json", &two);
    assert!(loaded.errors.is_empty(), "{:?}", loaded.errors);
    let names: Vec<_> = loaded.objects.iter().map(|object| object.name.to_string()).collect();
    assert_eq!(names, ["default/a/😀", "default/b😀"]);
    let place =
        |index: usize, path: &str| loaded.objects.iter().nth(index).unwrap().origin(path).place.unwrap();
    assert_eq!(place(0, "spec.ports").to_string(), "a.json:5:19");
    assert_eq!(place(1, "spec.ports").to_string(), "a.json:11:19");
    let one_line = json.replace(['\n', '\t'], "");
    let loaded = text("a.json", &format!("{one_line} {}", one_line.replace("Service", "Secret")));
    let columns: Vec<_> =
        loaded.objects.iter().map(|object| object.origin("").place.unwrap().column).collect();
    assert_eq!(columns, [u32::try_from(one_line.chars().count() + 2).unwrap(), 1]);
}

#[test]
fn lists_of_any_kind_are_opened() {
    let item = "{metadata: {name: a}, spec: {hostnames: [x, 010]}}";
    let list = format!("kind: HTTPRouteList\napiVersion: gateway.networking.k8s.io/v1\nitems:\n- {item}\n");
    let mixed = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: s}}\n- {kind: x}\n";
    let loaded = text("a.yaml", &format!("{list}---\n{mixed}"));
    assert_eq!(only_problem(&loaded), ("a.yaml:10:3".into(), &Problem::Missing("apiVersion")));
    let route = loaded.objects.get("gateway.networking.k8s.io", "HTTPRoute", &name("default", "a")).unwrap();
    assert_eq!(&*route.version, "v1");
    assert_eq!(route.origin("spec.hostnames[0]").place.unwrap().to_string(), "a.yaml:4:44");
    assert_eq!(&*loaded.findings[0].origin.path, "spec.hostnames[1]");
    assert!(loaded.objects.get("", "Service", &name("default", "s")).is_some());
}

#[test]
fn a_bad_document_hides_no_other() {
    let good = |name: &str| config_map(name, " {}");
    let bad = [
        "a: [1, 2",
        "a: b: c",
        "'open",
        "\tkey: 1",
        "a: 1\na: 2",
        "- 1",
        "scalar",
        "a: *nowhere",
        "a: &x [*x]",
    ];
    for bad in bad {
        let loaded = text("a.yaml", &format!("{}---\n{bad}\n---\n{}", good("one"), good("two")));
        assert_eq!(loaded.objects.len(), 2, "{bad}: {:?}", loaded.errors);
        let (place, _) = only_problem(&loaded);
        assert!(place.starts_with("a.yaml:"), "{place}");
    }
}

#[test]
fn problems_are_named_and_placed() {
    let problem = |yaml: &str| {
        let loaded = text("a", yaml);
        let (place, problem) = only_problem(&loaded);
        (place, problem.to_string())
    };
    let at = |place: &str, text: &str| (place.to_owned(), text.to_owned());
    assert_eq!(
        problem("kind: x\nspec:\n  a: 1\n  b: 2\n  a: 3\n"),
        at("a:5:3", "the key `a` stands twice in this mapping, first at a:3:3")
    );
    assert_eq!(
        problem("kind: x\nspec:\n\ta: 1\n"),
        at("a:3:1", "a tab is used as indentation; YAML allows only spaces there")
    );
    let template = "an unrendered template (`{{ … }}`): read what `helm template` prints instead";
    assert_eq!(problem("kind: x\nname: {{ .Values.name }}\n"), at("a:2:7", template));
    assert_eq!(problem("kind: x\n{{- if .Values.on }}\nname: a\n{{- end }}\n"), at("a:2:1", template));
    assert_eq!(problem("- 1\n"), at("a:1:1", "a Kubernetes object must be a mapping, not a sequence"));
    assert_eq!(
        problem("apiVersion: v1\nkind: A\n"),
        at("a:1:1", "`metadata.name` is missing: not a Kubernetes object")
    );
    assert_eq!(problem("apiVersion: 1\n"), at("a:1:13", "`apiVersion` must be a string"));
    assert_eq!(problem("? [a]\n: 1\n"), at("a:1:3", "a mapping key must be a scalar"));
    assert_eq!(problem("a: !!int x\n"), at("a:1:10", "cannot read `x` as !!int"));
    let loaded =
        load(&[Input::Text { name: "b".into(), bytes: b"a: 1\nb: \xff".to_vec() }], &Limits::default());
    assert_eq!(only_problem(&loaded), ("b:2:4".into(), &Problem::NotUtf8));
}

#[test]
fn anchors_merge_keys_and_their_places() {
    let yaml = "
  base: &base {a: x, b: v}
  over: {b: z, <<: *base}
  both: {<<: [{c: first}, *base, {c: second}]}
  copy: *base";
    let loaded = text("a.yaml", &config_map("c", yaml));
    assert_eq!(
        data_of(&loaded),
        json!({"base": {"a": "x", "b": "v"}, "over": {"b": "z", "a": "x"},
            "both": {"c": "first", "a": "x", "b": "v"}, "copy": {"a": "x", "b": "v"}})
    );
    let object = loaded.objects.iter().next().unwrap();
    let place = |path: &str| object.origin(path).place.unwrap().to_string();
    assert_eq!(place("data.copy"), "a.yaml:8:9");
    assert_eq!(place("data.copy.b"), place("data.base.b"));
    assert_eq!(place("data.over.a"), place("data.base.a"));
    assert_eq!(place("data.both.b"), place("data.base.b"));
    assert_eq!(only_problem(&text("a", "a: {<<: 1}")).1, &Problem::Merge);
}

#[test]
fn bombs_are_refused_before_they_are_built() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..60 {
        let below = format!("*a{},", level - 1).repeat(9);
        writeln!(bomb, "a{level}: &a{level} [{}]", below.trim_end_matches(',')).unwrap();
    }
    assert!(matches!(only_problem(&text("a", &bomb)).1, Problem::TooManyNodes(_)));
    let mut tower = String::from("a0: &a0 [x]\n");
    for level in 1..1000 {
        writeln!(tower, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    assert_eq!(only_problem(&text("a", &tower)).1, &Problem::TooDeep(100));
    for deep in ["[", "{a: ", "- ", "[{", "? "] {
        let loaded = text("a", &deep.repeat(100_000));
        assert!(!loaded.errors.is_empty() && loaded.errors.len() <= 100, "{deep}");
    }
    let many = "---\n[\n".repeat(100_000);
    assert_eq!(text("a", &many).errors.len(), 100);
}

#[test]
fn files_beyond_the_limit_are_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("big.yaml");
    std::fs::File::create(&path).unwrap().set_len(100 << 20).unwrap();
    let loaded = load(&[Input::Path(path)], &Limits::default());
    assert_eq!(only_problem(&loaded).1, &Problem::TooLarge { size: 100 << 20, limit: 64 << 20 });
}

#[test]
fn folders_globs_and_repeated_files() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, name: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, config_map(name, " {}")).unwrap();
    };
    write("b.yaml", "b");
    write("a.yml", "a");
    write("sub/c.json.txt", "not-read");
    write("sub/d.json", "d");
    write(".hidden/e.yaml", "not-read");
    write(".f.yaml", "not-read");
    let names = |inputs: &[&str]| {
        let inputs: Vec<_> = inputs.iter().map(|input| Input::Path(dir.path().join(input))).collect();
        let loaded = load(&inputs, &Limits::default());
        let sources: Vec<_> =
            loaded.sources.iter().map(|source| source.name.rsplit('/').next().unwrap().to_owned()).collect();
        (sources.join(" "), loaded.errors.len(), loaded.findings.len())
    };
    assert_eq!(names(&[""]), ("a.yml b.yaml d.json".into(), 0, 0));
    assert_eq!(names(&["b.yaml", "*.y*ml", "b.yaml"]), ("b.yaml a.yml".into(), 0, 0));
    assert_eq!(
        names(&["sub/*.txt"]),
        ("c.json.txt".into(), 0, 0),
        "a name that is given is read whatever it ends in"
    );
    assert_eq!(names(&["none.yaml", "no*ne"]), (String::new(), 2, 0));
}

#[test]
fn the_last_duplicate_stands() {
    let twice = format!("{}---\n{}", config_map("c", " {a: first}"), config_map("c", " {a: second}"));
    let loaded = text("a.yaml", &twice);
    assert_eq!(codes(&loaded), ["GL005"]);
    assert_eq!(loaded.objects.iter().next().unwrap().value["data"]["a"], "second");
    let finding = &loaded.findings[0];
    let related = finding.related[0].1.place.as_ref().unwrap();
    assert_eq!((finding.origin.place.as_ref().unwrap().line, related.line), (6, 1));
}

#[test]
fn removed_versions_are_read_as_the_newest() {
    let yaml = "apiVersion: gateway.networking.k8s.io/v1alpha2
kind: BackendTLSPolicy
metadata: {name: p}
spec:
  targetRef: {group: '', kind: Service, name: s}
  tls: {caCertRefs: [{group: '', kind: ConfigMap, name: ca}], hostname: h.example}
---
apiVersion: gateway.networking.x-k8s.io/v1alpha1
kind: XListenerSet
metadata: {name: l}
spec: {}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec: {parentRefs: [{group: gateway.networking.x-k8s.io, kind: XListenerSet, name: l}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: foreign}
";
    let loaded = text("a.yaml", yaml);
    assert_eq!(codes(&loaded), ["GL003", "GL003"]);
    let get = |kind: &str, object: &str| {
        loaded.objects.get("gateway.networking.k8s.io", kind, &name("default", object)).unwrap()
    };
    assert_eq!(
        get("BackendTLSPolicy", "p").value["spec"],
        json!({"targetRefs": [{"group": "", "kind": "Service", "name": "s"}],
            "validation": {"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}], "hostname": "h.example"}})
    );
    assert_eq!(&*get("ListenerSet", "l").version, "v1");
    assert_eq!(get("HTTPRoute", "r").value["spec"]["parentRefs"][0]["kind"], "ListenerSet");
    assert!(loaded.objects.get("networking.k8s.io", "Ingress", &name("default", "foreign")).is_some());
}

#[test]
fn a_name_that_is_no_text_is_to_be_quoted() {
    for metadata in ["{name: on}", "{name: 1.5}", "{name: r, namespace: y}", "{name: r, namespace: 017}"] {
        let loaded = text("a", &format!("apiVersion: v1\nkind: Service\nmetadata: {metadata}\n"));
        let error = &loaded.errors[0];
        assert_eq!(error.place.line, 3, "{metadata}");
        assert!(error.problem.help().unwrap().starts_with("write it in quotes"), "{metadata}: {error}");
        assert!(loaded.objects.iter().next().is_none());
    }
    let quoted = text("a", "apiVersion: v1\nkind: Service\nmetadata: {name: \"on\", namespace: \"y\"}\n");
    assert!(quoted.errors.is_empty() && quoted.objects.iter().next().is_some());
}
