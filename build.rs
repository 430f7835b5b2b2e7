//! Makes what C sees of this crate: the header, generated from `src/ffi` into `OUT_DIR`, and the
//! name and flags of the shared library. Writes nowhere else: `make header` copies the header
//! into `include/`, and `tests/header.rs` fails when the two differ.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

use std::{env, error::Error, fs, path::Path, path::PathBuf};

/// The number after `libcelery_result.so.`, `CELERY_ABI_VERSION` in C. Raised by hand, and only
/// when a program built against the previous header would break; every raise gets a line here.
///
/// 0: until 1.0, each minor version may break.
const ABI_VERSION: u32 = 0;

/// The files of `src/ffi` in the order of the header. A file that is not listed comes after
/// these, in the order of the names.
const HEADER_ORDER: &[&str] = &[
    "version",
    "status",
    "state",
    "error",
    "exception",
    "options",
    "app",
    "app_stats",
    "log",
    "cancel",
    "result",
    "result_wait",
    "get_options",
    "get_callbacks",
    "result_state",
    "result_then",
    "callback",
    "result_family",
    "result_list",
    "eager_result",
    "result_set",
    "result_join",
    "result_iter",
    "group_result",
    "dependencies",
    "graph",
    "wait_many",
    "queue",
    "batch",
    "meta",
    "meta_fields",
    "meta_exception",
    "value",
    "value_kind",
    "value_scalar",
    "value_text",
    "value_walk",
    "value_exception",
    "record",
    "record_extended",
    "send",
    "revoke_options",
    "revoke",
    "control",
];

fn main() -> Result<(), Box<dyn Error>> {
    for path in ["build.rs", "cbindgen.toml", "src/ffi"] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rustc-env=CELERY_ABI_VERSION={ABI_VERSION}");
    link_arguments(&env::var("CARGO_CFG_TARGET_OS")?);
    if let Err(error) = generate_header() {
        println!("cargo::error=cannot generate celery_result.h: {error}");
    }
    Ok(())
}

/// Names the shared library and keeps it loaded.
fn link_arguments(target_os: &str) {
    let argument = |value: &str| println!("cargo::rustc-cdylib-link-arg=-Wl,{value}");
    match target_os {
        "linux" | "android" | "freebsd" => {
            argument(&format!("-soname,libcelery_result.so.{ABI_VERSION}"));
            // The engine's threads and the fork handler run code of this library until the
            // process ends: dlclose must not unmap it.
            argument("-z,nodelete");
            argument("-z,relro,-z,now");
        }
        "macos" => argument(&format!("-install_name,@rpath/libcelery_result.{ABI_VERSION}.dylib")),
        _ => {}
    }
}

fn generate_header() -> Result<(), Box<dyn Error>> {
    let mut config = cbindgen::Config::from_file("cbindgen.toml")?;
    config.after_includes = config.after_includes.map(fill_in_versions).transpose()?;
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in ffi_files(Path::new("src/ffi"))? {
        builder = builder.with_src(file);
    }
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    builder.generate()?.write_to_file(out_dir.join("celery_result.h"));
    Ok(())
}

/// Replaces `@MAJOR@` and its like by the numbers of `Cargo.toml`.
fn fill_in_versions(text: String) -> Result<String, Box<dyn Error>> {
    let number = |name: &str| -> Result<u32, Box<dyn Error>> { Ok(env::var(name)?.parse()?) };
    let major = number("CARGO_PKG_VERSION_MAJOR")?;
    let minor = number("CARGO_PKG_VERSION_MINOR")?;
    let patch = number("CARGO_PKG_VERSION_PATCH")?;
    Ok(text
        .replace("@MAJOR@", &major.to_string())
        .replace("@MINOR@", &minor.to_string())
        .replace("@PATCH@", &patch.to_string())
        .replace("@NUMBER@", &(major * 10_000 + minor * 100 + patch).to_string())
        .replace("@STRING@", &env::var("CARGO_PKG_VERSION")?)
        .replace("@ABI@", &ABI_VERSION.to_string()))
}

/// All of `src/ffi` but `mod.rs`: cbindgen follows its `mod` lines, which rustfmt sorts by name.
fn ffi_files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("mod.rs") {
            files.push(path);
        }
    }
    files.sort_by_key(|path| {
        let name = path.file_stem().unwrap_or_default().to_owned();
        let place = HEADER_ORDER.iter().position(|listed| name == *listed);
        (place.unwrap_or(HEADER_ORDER.len()), name)
    });
    Ok(files)
}
