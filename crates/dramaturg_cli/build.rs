//! Puts llama.cpp's libraries beside the program and tells it to look there, so that the folder can be shipped, and the
//! program be started without Cargo.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Told by the build of llama.cpp where it made one library for each family of processors.
    let Some(backends) = std::env::var_os("DEP_LLAMA_BACKENDS_DIR").map(PathBuf::from) else {
        return;
    };
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos") => println!("cargo:rustc-link-arg-bins=-Wl,-rpath,@loader_path"),
        Ok("windows") => {}
        _ => println!("cargo:rustc-link-arg-bins=-Wl,-rpath,$ORIGIN"),
    }
    // target/PROFILE/build/PACKAGE/out
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from);
    let Some(folder) = out.as_deref().and_then(|out| out.ancestors().nth(3)) else { return };
    for libraries in ["lib", "lib64", "bin"] {
        // Tests and examples are programs, too. Besides, the build of llama.cpp leaves links there that lead nowhere, over
        // which it would stumble when it runs again with other features.
        for place in [folder.to_owned(), folder.join("deps"), folder.join("examples")] {
            lay(&backends.with_file_name(libraries), &place);
        }
    }
    lay(&backends, &folder.join("backends"));
}

/// Links or copies the libraries of a folder into another; the program says what it misses, should that fail.
fn lay(from: &Path, to: &Path) {
    let Ok(entries) = std::fs::read_dir(from) else { return };
    let _ = std::fs::create_dir_all(to);
    for file in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let library = [".so", ".dylib", ".dll"].iter().any(|ending| name.contains(ending));
        // What a link leads to: a link alone would lead nowhere there.
        let Ok(whole) = file.canonicalize() else { continue };
        if library {
            let place = to.join(&name);
            let _ = std::fs::remove_file(&place);
            if std::fs::hard_link(&whole, &place).is_err() {
                let _ = std::fs::copy(&whole, &place);
            }
        }
    }
}
