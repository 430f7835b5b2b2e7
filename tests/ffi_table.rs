//! Reads `src/ffi` as text and holds every exported function to the one shape of its comment
//! (`src/ffi/mod.rs` says which): bindings, the header and the generated test of NULL arguments
//! rely on it. Also checks the lists made from that text: `abi/constants.txt` and
//! `tests/c/null_table.c`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use celery_result::model::Status;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// One exported function.
struct Function {
    file: String,
    name: String,
    comment: Vec<String>,
    parameters: Vec<(String, String)>,
    returns: String,
    body: String,
}

impl Function {
    /// The text of one `@param`, with its continuation lines.
    fn parameter(&self, name: &str) -> Option<String> {
        self.tagged(&format!("@param {name} "))
    }

    fn line(&self, title: &str) -> Option<String> {
        self.tagged(&format!("{title}: "))
    }

    fn tagged(&self, tag: &str) -> Option<String> {
        let start = self.comment.iter().position(|line| line.starts_with(tag))?;
        let rest = self.comment.get(start + 1..)?;
        let more = rest.iter().take_while(|line| !starts_a_tag(line));
        let first = self.comment.get(start)?.strip_prefix(tag)?.to_owned();
        Some(more.fold(first, |text, line| format!("{text} {line}")))
    }

    fn is_pointer(kind: &str) -> bool {
        kind.starts_with('*')
            || kind.ends_with("_callback_t")
            || kind.starts_with("celery_then")
            || kind == "celery_env_free_t"
    }
}

fn starts_a_tag(line: &str) -> bool {
    line.starts_with('@')
        || ["Ownership: ", "Threads: ", "Blocks: ", "Since: "].iter().any(|tag| line.starts_with(tag))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(root().join("src/ffi"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn functions() -> Vec<Function> {
    let mut found = Vec::new();
    for (file, text) in sources() {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if *line == "#[unsafe(no_mangle)]" {
                let function = parse(&file, &lines, at);
                if function.name != "celery_test_panic" {
                    found.push(function);
                }
            }
        }
    }
    assert!(found.len() > 100, "only {} functions found: the scanner has lost its way", found.len());
    found
}

fn parse(file: &str, lines: &[&str], at: usize) -> Function {
    let before = lines.get(..at).unwrap().iter().rev();
    let mut comment: Vec<String> = before
        .take_while(|line| line.starts_with("///") || line.starts_with("#["))
        .filter_map(|line| line.strip_prefix("///"))
        .map(|line| line.trim().to_owned())
        .collect();
    comment.reverse();
    let after: Vec<&str> =
        lines.get(at + 1..).unwrap().iter().copied().skip_while(|line| line.starts_with("#[")).collect();
    let end = after.iter().position(|line| *line == "}").unwrap();
    let whole = after.get(..end).unwrap().join("\n");
    let (signature, body) = whole.split_once("{\n").unwrap();
    let signature = signature.strip_prefix("pub unsafe extern \"C\" fn ").unwrap_or_else(|| {
        panic!("{file}: {signature} is no plain `pub unsafe extern \"C\" fn`: cbindgen would not see it")
    });
    let (name, rest) = signature.split_once('(').unwrap();
    let (parameters, returns) = rest.rsplit_once(')').unwrap();
    let parameters = parameters.split(',').map(str::trim).filter(|parameter| !parameter.is_empty());
    let short = |kind: &str| kind.rsplit("::").next().unwrap_or(kind).to_owned();
    Function {
        file: file.to_owned(),
        name: name.to_owned(),
        comment,
        parameters: parameters
            .map(|parameter| parameter.split_once(": ").unwrap())
            .map(|(name, kind)| {
                let stars = kind
                    .rfind(['*', ' '])
                    .map_or("", |_| kind.rsplit_once(' ').map_or("", |(stars, _)| stars));
                let last = short(kind.rsplit(' ').next().unwrap());
                (name.to_owned(), format!("{stars} {last}").trim().to_owned())
            })
            .collect(),
        returns: returns.trim().trim_start_matches("->").trim().to_owned(),
        body: body.to_owned(),
    }
}

/// Fails with every complaint at once.
fn report(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn every_function_says_what_the_header_promises() {
    let threads = [
        "any number of threads at once.",
        "one thread at a time per handle.",
        "one thread, once.",
        "async-signal-safe: any thread, and signal handlers.",
    ];
    let mut problems = Vec::new();
    for function in functions() {
        let mut complain =
            |what: String| problems.push(format!("{}: {}: {what}", function.file, function.name));
        if function.comment.first().is_none_or(String::is_empty) {
            complain("has no first sentence".into());
        }
        for title in ["Ownership", "Threads", "Blocks", "Since"] {
            if function.line(title).is_none_or(|text| text.is_empty()) {
                complain(format!("has no line {title}"));
            }
        }
        if !function.line("Threads").is_some_and(|text| threads.contains(&text.as_str())) {
            complain(format!("the line Threads is none of {threads:?}"));
        }
        if function.returns.is_empty() != function.tagged("@return ").is_none() {
            complain("@return and the type returned disagree".into());
        }
        if !function.body.contains(&format!("\"{}\"", function.name)) && function.body.contains("Call::") {
            complain("gives its call another name".into());
        }
        for line in &function.comment {
            if line.contains("](") || line.contains("[`") || line.contains("::") {
                complain(format!("{line:?} is for Rust readers; the comment goes into the C header"));
            }
        }
    }
    report(&problems);
}

#[test]
fn every_pointer_is_marked_nullable_or_not() {
    let mut problems = Vec::new();
    for function in functions() {
        let mut complain =
            |what: String| problems.push(format!("{}: {}: {what}", function.file, function.name));
        for (name, kind) in &function.parameters {
            let text = function.parameter(name);
            let marked = text
                .as_ref()
                .is_some_and(|text| text.starts_with("nullable") || text.starts_with("not nullable"));
            if Function::is_pointer(kind) != marked {
                complain(format!("@param {name}, of type {kind}, is marked wrongly: {text:?}"));
            }
        }
        for line in function.comment.iter().filter_map(|line| line.strip_prefix("@param ")) {
            let name = line.split(' ').next().unwrap_or_default();
            if !function.parameters.iter().any(|(known, _)| known == name) {
                complain(format!("@param {name}: there is no such parameter"));
            }
        }
        let err = function.parameters.iter().position(|(name, _)| name == "err");
        if function.body.contains("Call::new") != err.is_some() {
            complain("err and the kind of its call disagree".into());
        }
        if err.is_some_and(|at| at + 1 != function.parameters.len()) {
            complain("err is not the last parameter".into());
        }
    }
    report(&problems);
}

#[test]
fn every_status_named_exists_and_the_obvious_ones_are_named() {
    let known: BTreeSet<&str> = Status::TABLE.iter().map(|info| info.name).collect();
    let mut named = BTreeSet::new();
    let mut problems = Vec::new();
    for function in functions() {
        let mut complain =
            |what: String| problems.push(format!("{}: {}: {what}", function.file, function.name));
        let whole = function.comment.join(" ");
        let words = whole.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
        for word in words.filter(|word| word.starts_with("CELERY_ERR_") && !word.ends_with("UNKNOWN")) {
            if word != "CELERY_ERR_" && !known.contains(word) {
                complain(format!("{word} is no status"));
            }
            named.insert(word.to_owned());
        }
        if !function.body.contains("Call::new") {
            continue;
        }
        let returned = function.tagged("@return ").unwrap_or_default();
        let inputs = || function.parameters.iter().filter(|(name, _)| name != "err");
        let must_not_be_null = inputs().any(|(name, kind)| {
            Function::is_pointer(kind)
                && function.parameter(name).is_some_and(|text| text.starts_with("not nullable"))
        });
        let text_in = inputs().any(|(_, kind)| kind == "*const c_char");
        for (needed, status) in [
            (true, "CELERY_OK"),
            (must_not_be_null, "CELERY_ERR_NULL_ARGUMENT"),
            (text_in, "CELERY_ERR_INVALID_UTF8"),
        ] {
            if needed && !returned.contains(status) {
                complain(format!("@return does not name {status}"));
            }
        }
    }
    for status in known.iter().filter(|name| **name != "CELERY_OK") {
        if !named.contains(*status) {
            problems.push(format!("no function names {status}"));
        }
    }
    report(&problems);
}

#[test]
fn the_golden_list_of_constants_is_complete() {
    let mut constants = Vec::new();
    for (_, text) in sources() {
        for line in text.lines().filter_map(|line| line.strip_prefix("pub const ")) {
            let (name, rest) = line.split_once(": ").unwrap();
            let value = rest.split_once(" = ").unwrap().1.trim_end_matches(';');
            assert!(value.parse::<i32>().is_ok(), "{name} = {value}: the header needs a plain number");
            constants.push(format!("{name} = {value}"));
        }
    }
    constants.sort();
    let golden = fs::read_to_string(root().join("abi/constants.txt")).unwrap();
    let mut golden: Vec<&str> = golden.lines().filter(|line| !line.starts_with('#')).collect();
    golden.sort_unstable();
    assert_eq!(constants, golden, "abi/constants.txt: numbers never change; new ones are added by hand");
}

#[test]
fn the_table_of_null_arguments_is_up_to_date() {
    let script = root().join("tests/c/gen_null_table.py");
    let made = Command::new("python3").arg(&script).output().expect("python3 is needed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let kept = fs::read(root().join("tests/c/null_table.c")).unwrap();
    assert!(made.stdout == kept, "run: python3 tests/c/gen_null_table.py > tests/c/null_table.c");
}
