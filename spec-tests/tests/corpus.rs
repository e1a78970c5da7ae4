//! The corpus itself: large enough, well formed, and read strictly.

use spec_tests::{World, check_resolved, check_status, file, files};

#[test]
fn the_corpus_is_as_large_as_it_says() {
    let files = files().unwrap();
    let cases: usize = files.iter().map(|file| file.requests.len()).sum();
    let conditions: usize = files.iter().map(|file| file.conditions.len()).sum();
    println!("{} files, {cases} cases, {conditions} conditions", files.len());
    assert!(cases >= 600, "only {cases} cases were loaded");
    assert!(conditions >= 120, "only {conditions} conditions were loaded");
}

#[test]
fn every_file_quotes_a_clause_and_asks_something() {
    for file in files().unwrap() {
        assert!(!file.requests.is_empty(), "{} has no cases", file.name);
        for clause in &file.spec {
            assert!(
                clause.url.starts_with("https://") && clause.clause.len() > 10,
                "{}: {clause:?}",
                file.name
            );
        }
        assert!(!file.spec.is_empty(), "{} quotes nothing", file.name);
    }
}

#[test]
fn statuses_findings_and_data_are_as_expected() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for file in files().unwrap() {
        checked += file.conditions.len() + file.attached.len() + file.findings.iter().len();
        checked += file.rules.len() + file.upstreams.len();
        let world = World::new(&file).unwrap();
        let differences = check_status(&file, &world).into_iter().chain(check_resolved(&file, &world));
        wrong.extend(differences.map(|text| format!("{}: {text}", file.name)));
    }
    println!("{checked} conditions, listeners and lists of findings");
    assert!(checked >= 120);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_on_semantics_names_every_file_and_no_other() {
    let page = include_str!("../../docs/semantics.md");
    let names: Vec<String> = files().unwrap().into_iter().map(|file| file.name).collect();
    for name in &names {
        assert!(page.contains(&format!("`{name}`")), "docs/semantics.md does not mention {name}");
    }
    let words = page.split('`').skip(1).step_by(2);
    let topics = |word: &&str| {
        names.iter().any(|name| {
            name.split_once('/').map(|(topic, _)| topic) == word.split_once('/').map(|(topic, _)| topic)
        })
    };
    for word in words.filter(topics) {
        assert!(
            names.iter().any(|name| name == word),
            "docs/semantics.md mentions {word}, which does not exist"
        );
    }
}

const MINIMAL: &str = "title: t\nspec: [{clause: c, url: u}]\nlevel: core\nobjects: ''\nrequests:\n";

#[test]
fn a_key_that_does_not_exist_is_refused_with_its_place() {
    let text = format!("{MINIMAL}- {{name: n, request: {{url: u}}, expect: {{stauts: 404}}}}\n");
    let error = file("topic/typo", &text).unwrap_err().to_string();
    assert!(error.contains("topic/typo.yaml") && error.contains("stauts"), "{error}");
    assert!(error.contains("line 6"), "{error}");
}

#[test]
fn a_case_that_contradicts_itself_is_refused() {
    let contradictions = [
        "{route: HTTPRoute/a/b}",
        "{backend: a/b:80}",
        "{status: 404, backend: a/b:80, route: HTTPRoute/a/b, rule: 0}",
        "{location: /, route: HTTPRoute/a/b, rule: 0}",
        "{}",
    ];
    for expect in contradictions {
        let text = format!("{MINIMAL}- {{name: n, request: {{url: u}}, expect: {expect}}}\n");
        let error = file("f", &text).unwrap_err().to_string();
        assert!(error.starts_with("f.yaml: \"n\": "), "{expect}: {error}");
    }
}

#[test]
fn two_cases_of_one_name_are_refused() {
    let case = "- {name: n, request: {url: u}, expect: {status: 404}}\n";
    let error = file("f", &format!("{MINIMAL}{case}{case}")).unwrap_err().to_string();
    assert!(error.contains("another case has this name"), "{error}");
}
