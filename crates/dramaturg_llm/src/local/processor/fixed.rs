//! One build for all processors: it can only be refused.

use std::path::Path;

/// Refuses where the processor lacks what llama.cpp was built with; the program would end at the first such
/// instruction.
pub(in crate::local) fn prepare(_: &Path) -> Result<(), String> {
    #[cfg(target_arch = "x86_64")]
    {
        // What ggml turns on for x86-64 when it is not told otherwise.
        let has = [
            ("AVX2", std::is_x86_feature_detected!("avx2")),
            ("FMA", std::is_x86_feature_detected!("fma")),
            ("F16C", std::is_x86_feature_detected!("f16c")),
            ("BMI2", std::is_x86_feature_detected!("bmi2")),
        ];
        let missing: Vec<_> = has.iter().filter(|(_, has)| !has).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            return Err(format!(
                "this processor has no {}, with which llama.cpp was built; build with the feature `cpu-variants`",
                missing.join(", ")
            ));
        }
    }
    Ok(())
}
