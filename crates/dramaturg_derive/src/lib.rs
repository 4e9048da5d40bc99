//! `#[derive(NpcAction)]`: a Rust type becomes something that a character can do. What the attributes mean is said where
//! the trait is, at `dramaturg_mind::NpcAction`; games take both from `bevy_dramaturg`.

mod action;
mod clause;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct something that a character can do: `#[action(requires(…), effects(…), cost = 2, roles(…), scenes(…),
/// limit(2, minutes = 60), name = "…", crate = …)]`, all of it optional. The doc comment says what it does, for the model.
///
/// The type also needs `serde::Deserialize` and `schemars::JsonSchema`.
#[proc_macro_derive(NpcAction, attributes(action))]
pub fn npc_action(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    action::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
