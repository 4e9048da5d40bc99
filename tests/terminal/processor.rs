//! A processor that claims more than its system grants.

use super::game::{Game, small_talk, test_model};
use dramaturg_story::Event;
use std::path::Path;
use std::process::Command;

/// A library that llama.cpp takes for the best there is, and that ends the program as an instruction would that the
/// system does not grant.
const DEADLY: &str = "int ggml_backend_score(void) { return 1000000; }\n\
    void *ggml_backend_init(void) { __builtin_trap(); }\n";

#[test]
fn code_that_the_processor_only_claims_to_run_is_left_for_another() {
    let Some(model) = test_model() else { return };
    let Some(libraries) = dramaturg_llm::processor_libraries() else {
        eprintln!("built for one processor: nothing was tested");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let deadly = build(dir.path());
    let folder = dir.path().join("libraries");
    std::fs::create_dir(&folder).unwrap();
    for file in std::fs::read_dir(libraries).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_name().unwrap();
        // All but the plainest die.
        let source = if name == "libggml-cpu-x64.so" { &file } else { &deadly };
        std::fs::copy(source, folder.join(name)).unwrap();
    }
    // What was found out is kept beside the model.
    let link = dir.path().join("model.gguf");
    std::os::unix::fs::symlink(model, &link).unwrap();
    let game = Game::new("en", &small_talk()[..80]).env("DRAMATURG_BACKENDS", &folder);
    let played = game.arg("--model-file").arg(&link).play();
    assert!(played.status.success(), "{}", played.stderr);
    let answered = |event: &Event| matches!(event, Event::Answered { .. });
    assert!(played.entries().iter().any(|stored| answered(&stored.entry)), "{}", played.stderr);
    let verdicts: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|file| file.to_string_lossy().contains(".processor-"))
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    assert_eq!(verdicts, ["x64"]);
}

fn build(folder: &Path) -> std::path::PathBuf {
    let (source, library) = (folder.join("deadly.c"), folder.join("deadly.so"));
    std::fs::write(&source, DEADLY).unwrap();
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    assert!(built.is_ok_and(|status| status.success()), "the C compiler that builds llama.cpp");
    library
}
