//! What a model takes of the memory, planned and real; `cargo xtask test` sets DRAMATURG_TEST_MODEL. One test alone opens
//! a model here, since it weighs the whole process.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dramaturg_llm::{
    LanguageModel, Local, LocalError, LocalSettings, MemoryLimit, MemoryPlan, ScoreRequest, Smaller,
};
use std::path::PathBuf;

fn model_file() -> Option<PathBuf> {
    let file = std::env::var_os("DRAMATURG_TEST_MODEL").map(PathBuf::from);
    if file.is_none() {
        eprintln!("DRAMATURG_TEST_MODEL is not set: nothing was tested");
    }
    file
}

#[test]
fn what_does_not_fit_is_refused_with_figures_and_what_would_fit() {
    let Some(file) = model_file() else { return };
    let smaller = |id: &str, bytes| Smaller { id: id.into(), bytes };
    let mut settings = LocalSettings { gpu_layers: 0, ..LocalSettings::default() };
    let plan = MemoryPlan::of(&file, &settings).unwrap();
    settings.memory = MemoryLimit::Bytes(plan.total_bytes() - 1);
    settings.smaller = vec![smaller("tiny", 1 << 20), smaller("larger", 1 << 40)];
    let refused = Local::open(&file, settings.clone()).map(drop).unwrap_err();
    let said = refused.to_string();
    let LocalError::TooLarge { plan: told, smaller, .. } = refused else { panic!("{said}") };
    assert_eq!((told, smaller.as_deref()), (plan, Some("tiny")));
    let figures = format!("needs {:.2} GB: model 0.10 GB", plan.total_bytes() as f64 / 1e9);
    for part in [&*figures, "cache 0.19 GB", "parked 0.27 GB", "are free", "`tiny`"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    settings.smaller.clear();
    let said = Local::open(&file, settings).map(drop).unwrap_err().to_string();
    assert!(said.contains("a smaller model"), "{said}");
}

/// Bytes of this process that lie in memory.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[test]
fn the_plan_is_what_the_model_takes() {
    let Some(file) = model_file() else { return };
    let settings = LocalSettings { gpu_layers: 0, parked_bytes: 0, ..LocalSettings::default() };
    let planned = MemoryPlan::of(&file, &settings).unwrap().total_bytes() as f64;
    let before = resident();
    let model = Local::open(&file, settings).unwrap();
    // Batches as large as they get.
    let score = ScoreRequest::continuations(
        "The keeper of the light said to the guest: ".repeat(60),
        (0..40).map(|n| format!("{n} {}", "boats ".repeat(40))),
    );
    model.score(score).wait(std::time::Duration::from_secs(300)).unwrap();
    let taken = (resident() - before) as f64;
    eprintln!("planned {planned} bytes, taken {taken}");
    assert!((0.75..1.25).contains(&(planned / taken)), "planned {planned}, taken {taken}");
}
