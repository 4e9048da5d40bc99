//! The prompt, stable parts first, within a budget of tokens.

use dramaturg_llm::Message;

/// An upper bound of prompt tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenBudget(pub usize);

/// What a prompt is made of, in its order. The caller leaves out what the character must not tell: this function
/// puts in what it is given.
#[derive(Clone, Debug, Default)]
pub struct PromptParts {
    /// Persona, world and rules: unchanged within a scene.
    pub stable: String,
    /// What the character knows by now: changes seldom.
    pub knowledge: Vec<String>,
    /// What the character is after: changes with the beat.
    pub directive: String,
    /// How the character talks, shown by examples: unchanged within a scene.
    pub voice: Vec<Message>,
    /// The last exchanges, oldest first.
    pub exchanges: Vec<Message>,
    /// Lines recalled from longer ago.
    pub recalled: Vec<String>,
    /// What the player has just said.
    pub player: String,
}

/// A cautious guess of the tokens of `text`: a third of the Latin letters and one for each Han character.
pub fn estimate_tokens(text: &str) -> usize {
    let (wide, narrow) =
        text.chars().fold((0, 0), |(w, n), c| if c > '\u{2e7f}' { (w + 1, n) } else { (w, n + 1) });
    wide + narrow / 3 + 4
}

/// Composes the prompt. What the budget has no room for goes in this order: recalled lines, then the oldest exchanges.
pub fn compose(parts: &PromptParts, budget: TokenBudget) -> Vec<Message> {
    let mut system = parts.stable.clone();
    for fact in &parts.knowledge {
        system.push_str("\n- ");
        system.push_str(fact);
    }
    if !parts.directive.is_empty() {
        system.push('\n');
        system.push_str(&parts.directive);
    }
    let voice: usize = parts.voice.iter().map(|message| estimate_tokens(&message.text)).sum();
    let mut used = estimate_tokens(&system) + voice + estimate_tokens(&parts.player);
    let mut kept: Vec<Message> = Vec::new();
    for exchange in parts.exchanges.iter().rev() {
        used += estimate_tokens(&exchange.text);
        if used > budget.0 {
            break;
        }
        kept.push(exchange.clone());
    }
    kept.reverse();
    let mut last = String::new();
    for line in &parts.recalled {
        used += estimate_tokens(line);
        if used > budget.0 {
            break;
        }
        last.push_str(line);
        last.push('\n');
    }
    let mut messages = vec![Message::system(system)];
    messages.extend(parts.voice.iter().cloned());
    messages.extend(kept);
    last.push_str(&parts.player);
    messages.push(Message::user(last));
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_first_and_the_oldest_goes_first() {
        let parts = PromptParts {
            stable: "You are Marta.".into(),
            exchanges: (0..50)
                .map(|i| Message::user(format!("line {i} {}", "x".repeat(90))))
                .collect(),
            player: "Hello".into(),
            ..PromptParts::default()
        };
        let messages = compose(&parts, TokenBudget(300));
        assert!(messages[0].text.starts_with("You are Marta."));
        assert!(messages.len() < 12);
        assert!(messages[messages.len() - 2].text.starts_with("line 49"));
    }
}
