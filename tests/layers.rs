//! Reads the sources and holds them to the picture: arrows between modules go down only, `unsafe`
//! lives in `ffi` and `sys` alone, every file says what it is for, and nothing outside tests can
//! panic on purpose. A small scanner is enough for this: it drops comments and literals and
//! follows inline modules, but knows no other Rust.

#![allow(clippy::panic, clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each layer and what it may import. `codec` stands beside `backend` and `broker`, which pass
/// bytes on and never look into them.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("sys", &["model"]),
    ("codec", &["model"]),
    ("config", &["sys", "model"]),
    ("message", &["codec", "model"]),
    ("transport", &["config", "sys", "model"]),
    ("backend", &["transport", "config", "sys", "model"]),
    ("broker", &["transport", "config", "sys", "model"]),
    ("engine", &["backend", "broker", "codec", "config", "sys", "model"]),
    ("app", &["engine", "backend", "broker", "message", "codec", "config", "sys", "model"]),
    ("result", &["app", "engine", "backend", "broker", "message", "codec", "config", "sys", "model"]),
    ("ffi", &["result", "app", "engine", "backend", "broker", "message", "codec", "config", "sys", "model"]),
];
const MAY_BE_UNSAFE: &[&str] = &["ffi", "sys"];
const PANICS: &[&str] = &[".unwrap()", ".expect(", "panic!", "todo!", "unimplemented!", "unreachable!"];

/// One source file, without comments and literals.
struct Source {
    /// `src/engine/registry.rs`
    name: String,
    /// `["engine", "registry"]`
    module: Vec<String>,
    text: String,
    /// The code, same length as `text`.
    code: String,
    /// The whole file is a test module (`#[cfg(test)] mod tests;`).
    is_test: bool,
}

impl Source {
    fn new(name: &str, text: &str, is_test: bool) -> Self {
        let stem = name.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        let module = stem.split('/').filter(|part| *part != "lib").map(str::to_owned).collect();
        Self { name: name.to_owned(), module, text: text.to_owned(), code: code_only(text), is_test }
    }

    fn layer(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    fn place(&self, at: usize) -> String {
        format!("{}:{}", self.name, self.code.get(..at).unwrap_or_default().matches('\n').count() + 1)
    }

    /// Everything that breaks a rule, one line each.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.text.starts_with("//!") {
            faults.push(format!("{}: does not open with a //! paragraph", self.name));
        }
        let Some(layer) = self.layer() else { return faults };
        let Some((_, may_import)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            faults.push(format!("{}: the layer {layer} is not in the table", self.name));
            return faults;
        };
        for (at, imported) in self.imports() {
            if imported != layer && !may_import.contains(&imported.as_str()) {
                faults.push(format!("{}: {layer} must not use {imported}", self.place(at)));
            }
        }
        if !MAY_BE_UNSAFE.contains(&layer) {
            for at in words(&self.code, "unsafe") {
                faults.push(format!("{}: unsafe belongs in ffi or sys", self.place(at)));
            }
        }
        let tests = self.test_parts();
        for panic in PANICS {
            for (at, _) in self.code.match_indices(panic) {
                let starts_a_word = panic.starts_with('.') || !ends_with_word(&self.code[..at]);
                if starts_a_word
                    && !self.is_test
                    && !tests.iter().any(|(from, to)| (*from..*to).contains(&at))
                {
                    faults.push(format!("{}: {panic} outside tests", self.place(at)));
                }
            }
        }
        faults
    }

    /// The top-level modules that paths in this file name, with their places.
    fn imports(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for at in words(&self.code, "crate") {
            let rest = &self.code[at + "crate".len()..];
            if let Some(path) = rest.trim_start().strip_prefix("::") {
                found.extend(first_names(path).into_iter().map(|name| (at, name)));
            }
        }
        for at in words(&self.code, "super") {
            if self.code[..at].trim_end().ends_with("super::") {
                continue; // counted with the first of its chain
            }
            let mut path = &self.code[at..];
            let mut levels = 0;
            while let Some(rest) = path.strip_prefix("super::") {
                levels += 1;
                path = rest;
            }
            let inline = self.inline_modules().iter().filter(|(from, to)| (*from..*to).contains(&at)).count();
            if levels > 0 && levels >= self.module.len() + inline {
                found.extend(first_names(path).into_iter().map(|name| (at, name)));
            }
        }
        found
    }

    /// Where each `mod name { … }` begins and ends.
    fn inline_modules(&self) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for at in words(&self.code, "mod") {
            let Some(open) = self.code[at..].find(['{', ';']).map(|offset| at + offset) else { continue };
            if self.code[open..].starts_with('{') {
                found.push((at, closing(&self.code, open)));
            }
        }
        found
    }

    /// What is compiled for tests only: `#[cfg(test)]` modules and functions of `test-hooks`.
    fn test_parts(&self) -> Vec<(usize, usize)> {
        let is_test = |(at, _): &(usize, usize)| self.declared_for_tests(*at);
        let modules = self.inline_modules().into_iter().filter(is_test);
        let hooks = self.text.match_indices("#[cfg(feature = \"test-hooks\")]").filter_map(|(at, _)| {
            let open = at + self.code.get(at..)?.find('{')?;
            Some((at, closing(&self.code, open)))
        });
        modules.chain(hooks).collect()
    }

    /// Whether `#[cfg(test)]` is among the attributes before the item at this place.
    fn declared_for_tests(&self, at: usize) -> bool {
        let before = &self.code[..at];
        let item = before.rfind([';', '}', '{']).map_or(0, |end| end + 1);
        before[item..].contains("#[cfg(test)]")
    }

    /// The files of `#[cfg(test)] mod name;`, as names without `.rs`.
    fn test_files(&self) -> Vec<String> {
        let folder = match self.name.strip_suffix("/mod.rs") {
            Some(folder) => folder.to_owned(),
            None if self.name == "src/lib.rs" => "src".to_owned(),
            None => self.name.trim_end_matches(".rs").to_owned(),
        };
        let mut files = Vec::new();
        for at in words(&self.code, "mod") {
            let rest = self.code[at + "mod".len()..].trim_start();
            let name: String = rest.chars().take_while(|c| is_word(*c)).collect();
            if rest[name.len()..].trim_start().starts_with(';') && self.declared_for_tests(at) {
                files.push(format!("{folder}/{name}"));
            }
        }
        files
    }
}

/// The code with comments, texts and characters replaced by blanks; line ends stay.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = literal_or_comment(rest, &code);
        if skip == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.extend(rest[..skip].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
            rest = &rest[skip..];
        }
    }
    code
}

/// The length of the comment or literal that `rest` begins with; 0 where there is none.
fn literal_or_comment(rest: &str, before: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if !ends_with_word(before) {
        let raw = rest.trim_start_matches(['b', 'c']);
        if let Some(after_r) = raw.strip_prefix('r') {
            let hashes = after_r.len() - after_r.trim_start_matches('#').len();
            if after_r[hashes..].starts_with('"') && rest.len() - raw.len() <= 1 {
                let open = rest.len() - after_r.len() + hashes + 1;
                let end = format!("\"{}", "#".repeat(hashes));
                return rest[open..].find(&end).map_or(rest.len(), |at| open + at + end.len());
            }
        }
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    // A lifetime is a quote too, but no other quote follows its first letter.
    let mut after = rest.strip_prefix('\'').map(str::chars).into_iter().flatten();
    match (after.next(), after.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(rest, '\''),
        _ => 0,
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let tail = rest.as_bytes().get(at..).unwrap_or_default();
        let (step, change) = match tail {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth += change;
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a literal between quotes, backslashes respected.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The place of the brace that closes the one at `open`.
fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (offset, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + offset;
        }
    }
    code.len()
}

/// `a` for `a::b`; `a` and `c` for `{a::b, c}`.
fn first_names(path: &str) -> Vec<String> {
    let path = path.trim_start();
    let Some(group) = path.strip_prefix('{') else {
        return vec![path.chars().take_while(|c| is_word(*c) || *c == '*').collect()];
    };
    let mut names = Vec::new();
    let (mut depth, mut start) = (0, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && !c.is_whitespace() => {
                names.extend(first_names(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    names
}

/// Where this word stands by itself.
fn words(code: &str, word: &str) -> Vec<usize> {
    let alone = |at: &usize| {
        !ends_with_word(&code[..*at]) && !code[at + word.len()..].chars().next().is_some_and(is_word)
    };
    code.match_indices(word).map(|(at, _)| at).filter(alone).collect()
}

fn ends_with_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn the_sources_follow_the_picture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    rust_files(&root.join("src"), &mut paths);
    paths.sort();
    let mut sources: Vec<Source> = paths
        .iter()
        .map(|path| {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            Source::new(&name, &fs::read_to_string(path).expect("UTF-8"), false)
        })
        .collect();
    assert!(sources.len() > 20, "only {} files found", sources.len());
    let tests: BTreeSet<String> = sources.iter().flat_map(Source::test_files).collect();
    for source in &mut sources {
        let stem = source.name.trim_end_matches(".rs").trim_end_matches("/mod");
        source.is_test = tests
            .iter()
            .any(|test| stem == *test || stem.strip_prefix(test).is_some_and(|rest| rest.starts_with('/')));
    }
    let faults: Vec<String> = sources.iter().flat_map(Source::faults).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn each_rule_can_be_broken() {
    let faults = |name: &str, text: &str| Source::new(name, &format!("//! Text.\n{text}"), false).faults();
    let broken = [
        ("src/codec/a.rs", "use crate::engine::Engine;"),
        ("src/codec/a.rs", "use crate::{model::Id, config};"),
        ("src/codec/a.rs", "use crate::{model::{Id, Key}, engine::{A}};"),
        ("src/codec/a.rs", "fn f() { crate::app::open() }"),
        ("src/codec/a.rs", "use super::super::engine;"),
        ("src/codec/mod.rs", "use super::engine;"),
        ("src/codec/mod.rs", "mod tests { use super::super::{model, engine}; }"),
        ("src/model/mod.rs", "use crate::*;"),
        ("src/backend/redis/a.rs", "use crate::codec::x;"),
        ("src/engine/a.rs", "fn f() { unsafe { g() } }"),
        ("src/ffi/a.rs", "fn f() { x.unwrap() }"),
        ("src/ffi/a.rs", "fn f() { x.expect(\"y\") }"),
        ("src/ffi/a.rs", "#[cfg(test)]\nmod tests {}\nfn f() { panic!() }"),
        ("src/ffi/a.rs", "fn f<'a>(x: &'a str) { todo!() }"),
        ("src/ffi/a.rs", "const Q: char = '\"'; fn f() { todo!() }"),
        ("src/elsewhere/a.rs", ""),
    ];
    for (name, text) in broken {
        assert_eq!(faults(name, text).len(), 1, "{name}: {text}: {:?}", faults(name, text));
    }
    let fine = [
        ("src/ffi/a.rs", "use crate::{result::{A, B}, model::C}; fn f() { unsafe { g() } }"),
        (
            "src/codec/a.rs",
            "use super::b; // use crate::engine; unsafe, panic!\n/* todo!() /* */ crate::app */",
        ),
        ("src/codec/a.rs", "const A: &str = \"crate::engine unsafe\"; const B: &str = r#\"\" panic! \"#;"),
        (
            "src/codec/a.rs",
            "#[cfg(test)]\n#[allow(x)]\nmod tests { use super::super::b; fn f() { x.unwrap(); } }",
        ),
        ("src/codec/mod.rs", "mod tests { use super::engine; }"),
        ("src/ffi/a.rs", "#[cfg(feature = \"test-hooks\")]\nfn f() { g(|| panic!()) }"),
        ("src/engine/a.rs", "fn f() { std::panic::catch_unwind(g).unwrap_or(1); debug_panic!() }"),
    ];
    for (name, text) in fine {
        assert_eq!(faults(name, text), Vec::<String>::new(), "{name}: {text}");
    }
    assert_eq!(Source::new("src/codec/a.rs", "// no\n", false).faults().len(), 1);
    assert_eq!(
        Source::new("src/engine/mod.rs", "#[cfg(test)]\nmod tests;\nmod slot;", false).test_files(),
        ["src/engine/tests"]
    );
}
