use serde::{Deserialize, Serialize};

/// Who a character is, as the prompt says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persona {
    /// The name that is shown.
    pub name: String,
    /// In the second person, 30 to 80 words: the part of the prompt that never changes.
    pub description: String,
}
