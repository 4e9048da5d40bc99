//! A player's next line, written by the model in the role of a player.

use super::player::Scene;
use dramaturg_llm::{CompletionRequest, LanguageModel, Message, Sampling, StreamEvent};
use std::fmt::Write as _;
use std::time::Duration;

/// Longest silence of the model before the player goes on without it.
const PATIENCE: Duration = Duration::from_secs(30);
/// Lines of the conversation that the model is shown.
const LINES: usize = 12;

/// A line for the scene of this story (its title and language); none where the model has none.
pub fn line(
    model: &dyn LanguageModel,
    (title, locale): (&str, &str),
    scene: &Scene<'_>,
    name: impl Fn(&str) -> String,
    seed: u32,
) -> Option<String> {
    let chinese = locale.starts_with("zh");
    let you = if chinese { "客人" } else { "Guest" };
    let mut told = String::new();
    for line in &scene.history[scene.history.len().saturating_sub(LINES)..] {
        let who = match line.speaker.as_deref() {
            Some("player") => you.to_owned(),
            Some(npc) => name(npc),
            None => String::new(),
        };
        let colon = if who.is_empty() { "" } else { ": " };
        // Writing to a string can't fail.
        let _ = writeln!(told, "{who}{colon}{}", line.text);
    }
    let there = scene.present.join(", ");
    let (task, ask) = if chinese {
        (
            format!(
                "你是《{title}》里的客人。在场的有：{there}。你顺着故事走：回答别人问的，打听别人提到的。"
            ),
            "客人接下来说的一句话，只写这句话：",
        )
    } else {
        (
            format!(
                "You are the guest in the story '{title}'. With you: {there}. You go along with the story: you answer what you are asked, and ask about what is mentioned."
            ),
            "The guest's next line, one short sentence, only the words:",
        )
    };
    let request = CompletionRequest {
        sampling: Sampling { temperature: 0.7, seed, ..Sampling::default() },
        max_tokens: 40,
        ..CompletionRequest::new(vec![
            Message::system(task),
            Message::user(format!("{told}\n{ask}")),
        ])
    };
    let stream = model.complete(request);
    let mut text = String::new();
    loop {
        match stream.next(PATIENCE) {
            StreamEvent::Text(piece) => text.push_str(&piece),
            StreamEvent::Done => break,
            StreamEvent::Failed(_) => return None,
            _ => {}
        }
    }
    let line = text.trim().trim_start_matches(you).trim_start_matches([':', '：', ' ', '"', '“']);
    let line = line.trim_end_matches(['"', '”']).trim();
    (!line.is_empty()).then(|| line.to_owned())
}
