//! Which of llama.cpp's builds for processors runs here, chosen when the program runs.
//!
//! llama.cpp comes as one library for each family of processors (feature `cpu-variants`), and picks the one whose
//! instructions the processor claims. But a virtual machine can claim instructions that its system does not grant (AMX
//! is the usual one), and the first of them ends the program. So a variant is tried out first, in a child process: this
//! program, started again with [`FOLDER`] set, which evaluates a few tokens of the very model and ends. A program allows that by
//! calling [`answer_probe`] first thing in `main`; in one that does not, only what the system is known to grant is
//! taken, which leaves out AMX.

#[cfg(not(feature = "cpu-variants"))]
mod fixed;
#[cfg(feature = "cpu-variants")]
mod probe;
#[cfg(feature = "cpu-variants")]
mod variants;

#[cfg(not(feature = "cpu-variants"))]
pub(super) use fixed::prepare;
#[cfg(feature = "cpu-variants")]
pub(super) use variants::prepare;

/// Lets this program be started again as a probe of the processor: call it first thing in `main`. In a probe it does
/// not return; else it does at once. Without the feature `cpu-variants` it does nothing.
///
/// ```
/// dramaturg_llm::answer_probe();
/// // … the game
/// ```
pub fn answer_probe() {
    #[cfg(feature = "cpu-variants")]
    probe::answer();
}

/// The folder of llama.cpp's libraries for processors: what `DRAMATURG_BACKENDS` names, `backends` beside the program, or
/// where they were built. A game ships them in the second.
pub fn processor_libraries() -> Option<std::path::PathBuf> {
    #[cfg(feature = "cpu-variants")]
    return variants::folder();
    #[cfg(not(feature = "cpu-variants"))]
    None
}

/// Which build for processors was chosen, once a model is open; nothing where there is but one.
pub fn processor_variant() -> Option<String> {
    #[cfg(feature = "cpu-variants")]
    return variants::chosen();
    #[cfg(not(feature = "cpu-variants"))]
    None
}
