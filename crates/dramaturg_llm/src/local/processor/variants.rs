//! Choosing among the variants in a folder.

use super::probe;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

static CHOSEN: OnceLock<Result<Option<String>, String>> = OnceLock::new();

/// Chooses and loads a variant, once in a program. `model` is what a probe evaluates.
pub(in crate::local) fn prepare(model: &Path) -> Result<(), String> {
    CHOSEN.get_or_init(|| choose(model)).as_ref().map(|_| ()).map_err(Clone::clone)
}

pub(super) fn chosen() -> Option<String> {
    CHOSEN.get().and_then(|chosen| chosen.as_ref().ok().cloned().flatten())
}

/// A build of llama.cpp's processor code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variant {
    pub(super) name: String,
    pub(super) file: PathBuf,
}

/// The rank of a variant for x86-64 (the best is 0), whether the processor has what it needs (as the build of ggml lists
/// it), and whether that is certain without trying.
#[cfg(target_arch = "x86_64")]
fn granted(name: &str) -> Option<(usize, bool, bool)> {
    let avx2 = std::is_x86_feature_detected!("avx2")
        && std::is_x86_feature_detected!("fma")
        && std::is_x86_feature_detected!("f16c")
        && std::is_x86_feature_detected!("bmi2");
    let avx512 = avx2
        && std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("avx512cd")
        && std::is_x86_feature_detected!("avx512dq")
        && std::is_x86_feature_detected!("avx512vl");
    let vbmi = avx512 && std::is_x86_feature_detected!("avx512vbmi");
    let vnni = avx512 && std::is_x86_feature_detected!("avx512vnni");
    let bf16 = avx512 && std::is_x86_feature_detected!("avx512bf16");
    let avx = std::is_x86_feature_detected!("avx");
    let f16c = avx && std::is_x86_feature_detected!("f16c");
    // Claimed by the processor (CPUID leaf 7, AMX-TILE and AMX-INT8); whether the system lets a program use it is not
    // told there.
    let amx = (std::arch::x86_64::__cpuid_count(7, 0).edx >> 24) & 0b11 == 0b11;
    let table = [
        ("sapphirerapids", vbmi && vnni && bf16 && amx, false),
        ("zen4", vbmi && vnni && bf16, true),
        ("cooperlake", vnni && bf16, true),
        ("icelake", vbmi && vnni, true),
        ("cascadelake", vnni, true),
        ("cannonlake", vbmi, true),
        ("skylakex", avx512, true),
        ("alderlake", avx2 && std::is_x86_feature_detected!("avxvnni"), true),
        ("haswell", avx2, true),
        ("piledriver", f16c && std::is_x86_feature_detected!("fma"), true),
        ("ivybridge", f16c, true),
        ("sandybridge", avx, true),
        ("sse42", std::is_x86_feature_detected!("sse4.2"), true),
        ("x64", true, true),
    ];
    let at = table.iter().position(|(known, ..)| *known == name)?;
    Some((at, table[at].1, table[at].2))
}

/// Those that may be tried, the best first; `probed` says that each will be tried out before it is used.
#[cfg(target_arch = "x86_64")]
fn candidates(found: Vec<Variant>, probed: bool) -> Vec<Variant> {
    let mut ranked: Vec<(usize, Variant)> = found
        .into_iter()
        .filter_map(|variant| {
            let (rank, has, certain) = granted(&variant.name)?;
            (has && (certain || probed)).then_some((rank, variant))
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, variant)| variant).collect()
}

fn choose(model: &Path) -> Result<Option<String>, String> {
    let folder = folder().ok_or(
        "llama.cpp's libraries for processors are nowhere: put them into the folder `backends` beside the program, or \
         name their folder in DRAMATURG_BACKENDS",
    )?;
    choose_in(&folder, model)
}

/// Elsewhere the system says itself what it grants, and ggml asks it.
#[cfg(not(target_arch = "x86_64"))]
fn choose_in(folder: &Path, _: &Path) -> Result<Option<String>, String> {
    load(folder);
    Ok(None)
}

#[cfg(target_arch = "x86_64")]
fn choose_in(folder: &Path, model: &Path) -> Result<Option<String>, String> {
    let found = variants_in(folder);
    if found.is_empty() {
        return Err(format!("no library of llama.cpp for a processor is in {}", folder.display()));
    }
    let verdict = probe::Verdict::of(&found, model);
    let mut probed = probe::is_answered();
    let mut refused = Vec::new();
    for variant in candidates(found.clone(), probed) {
        let alone = Alone::with(folder, &found, &variant).map_err(|error| {
            format!("can't lay out the library for {} to be loaded: {error}", variant.name)
        })?;
        let runs = match verdict.read() {
            Some(name) => name == variant.name,
            None if probed => match probe::try_in_child(alone.folder(), model) {
                probe::Outcome::Lives => {
                    verdict.write(&variant.name);
                    true
                }
                probe::Outcome::Dies => false,
                // Nothing can be tried out: what is certain has to do.
                probe::Outcome::Unproven => {
                    probed = false;
                    is_certain(&variant.name)
                }
            },
            None => is_certain(&variant.name),
        };
        if runs {
            load(alone.folder());
            tracing::info!("llama.cpp runs its code for {}", variant.name);
            return Ok(Some(variant.name));
        }
        refused.push(variant.name);
    }
    // A verdict about a variant that is not among them any more is of no use.
    verdict.forget();
    Err(format!(
        "none of llama.cpp's builds runs on this processor (tried: {})",
        refused.join(", ")
    ))
}

#[cfg(target_arch = "x86_64")]
fn is_certain(name: &str) -> bool {
    granted(name).is_some_and(|(_, has, certain)| has && certain)
}

fn load(folder: &Path) {
    // The call panics on a path that is no UTF-8.
    if folder.to_str().is_some() {
        llama_cpp_2::llama_backend::load_backends_from_path(folder);
    }
}

/// Where the libraries are: named, beside the program, or where they were built.
pub(super) fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("DRAMATURG_BACKENDS").map(PathBuf::from);
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("backends")));
    let built = llama_cpp_sys_2::BACKENDS_DIR.map(PathBuf::from);
    [named, beside, built].into_iter().flatten().find(|folder| !variants_in(folder).is_empty())
}

/// The variants in a folder, by name.
pub(super) fn variants_in(folder: &Path) -> Vec<Variant> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<Variant> = entries
        .filter_map(|entry| {
            let file = entry.ok()?.path();
            let name = variant_name(file.file_name()?.to_str()?)?.to_owned();
            Some(Variant { name, file })
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn variant_name(file: &str) -> Option<&str> {
    let stem = file.strip_suffix(".so").or_else(|| file.strip_suffix(".dll"))?;
    stem.strip_prefix("libggml-cpu-").or_else(|| stem.strip_prefix("ggml-cpu-"))
}

/// A folder with one variant and everything that is for no processor (graphics cards).
struct Alone(tempfile::TempDir);

impl Alone {
    fn with(folder: &Path, variants: &[Variant], one: &Variant) -> std::io::Result<Self> {
        let alone = tempfile::Builder::new().prefix("dramaturg-backends").tempdir()?;
        for entry in std::fs::read_dir(folder)? {
            let file = entry?.path();
            let other = variants.iter().any(|v| v.file == file && v.name != one.name);
            if let Some(name) = file.file_name().filter(|_| !other && file.is_file()) {
                let place = alone.path().join(name);
                // A link where the file system has them: the libraries are some megabytes.
                std::fs::hard_link(&file, &place)
                    .or_else(|_| std::fs::copy(&file, &place).map(|_| ()))?;
            }
        }
        Ok(Self(alone))
    }
    fn folder(&self) -> &Path {
        self.0.path()
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    fn variant(name: &str) -> Variant {
        Variant { name: name.into(), file: PathBuf::from(format!("libggml-cpu-{name}.so")) }
    }

    #[test]
    fn names_are_read_from_files_of_every_system() {
        assert_eq!(variant_name("libggml-cpu-haswell.so"), Some("haswell"));
        assert_eq!(variant_name("ggml-cpu-zen4.dll"), Some("zen4"));
        assert_eq!(variant_name("libggml-vulkan.so"), None);
    }

    #[test]
    fn without_a_probe_nothing_uncertain_is_taken() {
        let found = vec![variant("x64"), variant("sapphirerapids"), variant("quantum")];
        let names = |probed| {
            let chosen = candidates(found.clone(), probed);
            chosen.into_iter().map(|v| v.name).collect::<Vec<_>>()
        };
        assert_eq!(names(false), ["x64"]);
        assert_eq!(names(true).last().map(String::as_str), Some("x64"));
        assert!(!names(true).contains(&"quantum".to_owned()));
    }

    #[test]
    fn a_folder_for_one_variant_keeps_what_is_for_no_processor() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["libggml-cpu-haswell.so", "libggml-cpu-zen4.so", "libggml-vulkan.so"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let found = variants_in(folder.path());
        assert_eq!(found.len(), 2);
        let alone = Alone::with(folder.path(), &found, &found[0]).unwrap();
        assert_eq!(variants_in(alone.folder()).len(), 1);
        assert!(alone.folder().join("libggml-vulkan.so").exists());
    }
}
