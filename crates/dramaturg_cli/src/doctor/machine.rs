//! The machine: processor, memory, graphics card.

use super::{Finding, Standing};
use crate::models::cache;
use crate::models::catalogue::Catalogue;
use dramaturg_llm::{Local, LocalSettings, MemoryLimit, processor_libraries, processor_variant};
use std::path::PathBuf;

/// What is known of it.
pub struct Machine {
    pub cores: usize,
    /// Of llama.cpp's code, the family of processors whose was chosen; none where it was not started, or has but one.
    pub variant: Option<String>,
    /// None where the system does not say.
    pub free_bytes: Option<u64>,
    /// The graphics interfaces that llama.cpp was built for.
    pub graphics: Vec<&'static str>,
    pub findings: Vec<Finding>,
}

/// What llama.cpp was built for besides the processor.
fn graphics() -> Vec<&'static str> {
    let built = [
        ("cuda", cfg!(feature = "cuda")),
        ("vulkan", cfg!(feature = "vulkan")),
        // On Macs with Apple's processors it is always in.
        (
            "metal",
            cfg!(feature = "metal") || cfg!(all(target_os = "macos", target_arch = "aarch64")),
        ),
    ];
    built.into_iter().filter_map(|(name, is)| is.then_some(name)).collect()
}

impl Machine {
    /// Looks at it; `start` says whether llama.cpp is started, which takes a second and needs a model.
    pub fn of(start: bool) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let free_bytes = MemoryLimit::Free.bytes();
        let graphics = graphics();
        let started = if start { smallest().map(try_out) } else { None };
        let variant = processor_variant();
        let cores_told = if cores == 1 { "1 core".into() } else { format!("{cores} cores") };
        let processor = match (started, &variant) {
            (_, Some(variant)) => Finding::new(
                Standing::Well,
                "processor",
                format!("{cores_told}; llama.cpp runs its code for {variant}"),
            ),
            (Some(Err(why)), None) => {
                Finding::new(Standing::Broken, "processor", format!("{cores_told}; {why}")).help(
                    "the folder `backends` belongs beside the program, or is named by DRAMATURG_BACKENDS; without models \
                     every story plays with --no-model",
                )
            }
            (Some(Ok(())), None) => Finding::new(
                Standing::Well,
                "processor",
                format!("{cores_told}; llama.cpp has one build of its code, which runs"),
            ),
            (None, None) if cfg!(feature = "cpu-variants") && processor_libraries().is_none() => {
                let found = format!("{cores_told}; llama.cpp's libraries for processors are nowhere");
                Finding::new(Standing::Broken, "processor", found).help(
                    "put them into the folder `backends` beside the program, or name their folder in DRAMATURG_BACKENDS",
                )
            }
            (None, None) => Finding::new(
                Standing::Well,
                "processor",
                format!("{cores_told}; llama.cpp's code for it is chosen when a model is opened"),
            ),
        };
        let memory = match free_bytes {
            Some(bytes) => {
                let found = format!("{:.2} GB are free", bytes as f64 / 1e9);
                Finding::new(Standing::Well, "memory", found)
            }
            None => {
                Finding::new(Standing::Without, "memory", "the system does not say what is free")
                    .help("models are loaded without being asked whether they fit")
            }
        };
        let card = match graphics.as_slice() {
            [] => Finding::new(
                Standing::Without,
                "graphics card",
                "none is built in; models run on the processor",
            )
            .help("build with --features vulkan, cuda or metal, and that vendor's tools"),
            built => Finding::new(
                Standing::Well,
                "graphics card",
                format!("built in: {}", built.join(", ")),
            ),
        };
        Self { cores, variant, free_bytes, graphics, findings: vec![processor, memory, card] }
    }
}

/// The smallest model of the catalogue that is here.
fn smallest() -> Option<PathBuf> {
    let folder = cache::folder().ok()?;
    let catalogue = Catalogue::load(&folder).ok()?;
    let here = catalogue.0.iter().filter(|model| {
        matches!(cache::glance(&folder, model), Ok(cache::State::Whole | cache::State::Unchecked))
    });
    // An embedder is opened in another way.
    let speaks = here.filter(|model| model.id != crate::ear::DEFAULT);
    let sized = speaks.filter_map(|model| {
        let file = folder.join(&model.file);
        Some((std::fs::metadata(&file).ok()?.len(), file))
    });
    sized.min().map(|(_, file)| file)
}

/// Opens it with as little as possible, which chooses llama.cpp's code.
fn try_out(model: PathBuf) -> Result<(), String> {
    let settings = LocalSettings {
        context_tokens: 256,
        parallel: 1,
        parked_bytes: 0,
        ..LocalSettings::default()
    };
    Local::open(&model, settings).map(drop).map_err(|error| error.to_string())
}
