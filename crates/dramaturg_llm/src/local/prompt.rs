//! Messages as tokens, by the chat template of the model's file.

use super::prefix_tree::Token;
use crate::{Message, ModelError, Role};
use llama_cpp_2::model::{LlamaChatMessage, LlamaChatTemplate, LlamaModel};

/// A prompt as tokens.
#[derive(Clone, Debug)]
pub(super) struct Prompt {
    pub(super) tokens: Vec<Token>,
    /// Where the text of the last message begins.
    pub(super) last: usize,
    /// What the template puts after the last message.
    pub(super) ending: Vec<Token>,
}

pub(super) fn tokens(model: &LlamaModel, text: &str, control: bool) -> Vec<Token> {
    model.vocab().tokenize(text.as_bytes(), false, control).into_iter().map(|t| t.0).collect()
}

/// Text without a template, as the model's training texts begin.
pub(super) fn plain(model: &LlamaModel, text: &str) -> Vec<Token> {
    let vocab = model.vocab();
    let found: Vec<Token> =
        vocab.tokenize(text.as_bytes(), true, false).into_iter().map(|t| t.0).collect();
    if found.is_empty() { vec![vocab.bos().0] } else { found }
}

/// The template is rendered around marks, so that control tokens in a message's text stay text: nobody types himself
/// into another role.
pub(super) fn render(
    model: &LlamaModel,
    template: &LlamaChatTemplate,
    messages: &[Message],
) -> Result<Prompt, ModelError> {
    let failed = |e: &dyn std::fmt::Display| ModelError::Unreachable(e.to_string());
    let mark = |i: usize| format!("\u{1}{i}\u{1}");
    let chat = messages
        .iter()
        .enumerate()
        .map(|(i, message)| {
            let role = match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            };
            LlamaChatMessage::new(role.into(), mark(i)).map_err(|e| failed(&e))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let rendered = model.apply_chat_template(template, &chat, true).map_err(|e| failed(&e))?;
    let vocab = model.vocab();
    let mut all = if vocab.should_add_bos() { vec![vocab.bos().0] } else { Vec::new() };
    let mut rest = rendered.as_str();
    let mut last = 0;
    for (i, message) in messages.iter().enumerate() {
        if let Some((before, after)) = rest.split_once(&mark(i)) {
            all.extend(tokens(model, before, true));
            last = all.len();
            all.extend(tokens(model, &message.text, false));
            rest = after;
        }
    }
    let ending = tokens(model, rest, true);
    all.extend_from_slice(&ending);
    Ok(Prompt { tokens: all, last, ending })
}
