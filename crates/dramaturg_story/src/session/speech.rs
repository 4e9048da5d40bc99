//! A character speaks for itself: the prompt, the stream, the guard, and the authored line that is always at hand.

use super::Turn;
use crate::cue::Cue;
use crate::director::{Guard, Reading, Verdict};
use crate::{Beat, Event};
use dramaturg_llm::{Answer, CompletionRequest, LanguageModel, Message, Sampling, StreamEvent};
use dramaturg_mind::{Emotion, PromptParts, TokenBudget, compose};
use std::time::{Duration, Instant};

const BUDGET: TokenBudget = TokenBudget(900);
/// Longest silence of the model before an authored line is spoken.
const PATIENCE: Duration = Duration::from_secs(15);

impl Turn<'_> {
    /// The model answers what was said; where it can't, an authored line does.
    pub(super) fn improvise(&mut self, beat: &Beat, text: &str, model: Option<&dyn LanguageModel>) {
        let Some(model) = model else {
            self.deflect(&beat.speaker, &Reading::OffTopic);
            return;
        };
        let npc = beat.speaker.clone();
        let request = self.request(beat, text);
        self.report.prompt.clone_from(&request.messages);
        self.report.directive = "answer what was said in one or two sentences".into();
        let hash = request.hash();
        let locked = self.state.locked_tells(&self.pack, Some(&npc));
        let mut guard = Guard::new(locked, self.chinese());
        let asked = Instant::now();
        let stream = model.complete(request);
        let (mut lead, mut said, mut begun) = (None, String::new(), false);
        let mut failure = None;
        loop {
            match stream.next(PATIENCE) {
                StreamEvent::Lead(index) => lead = Some(index),
                StreamEvent::Text(piece) => {
                    said.push_str(&piece);
                    let verdict = guard.push(&piece);
                    if let Verdict::Show(shown) | Verdict::Enough(shown) = &verdict
                        && !shown.is_empty()
                    {
                        if !begun {
                            begun = true;
                            let ms = asked.elapsed().as_millis() as u64;
                            self.report.first_token_ms = Some(ms);
                            let emotion = emotion(lead);
                            (self.cues)(Cue::LineBegan { npc: Some(npc.clone()), emotion });
                        }
                        (self.cues)(Cue::Delta(shown.clone()));
                    }
                    if !matches!(verdict, Verdict::Show(_)) {
                        break;
                    }
                }
                StreamEvent::Done => break,
                StreamEvent::Failed(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        stream.cancel();
        let answer = match failure {
            None => Answer::Text { lead, text: said },
            Some(error) => {
                (self.cues)(Cue::Notice(error.to_string()));
                Answer::Failed { lead, text: said, error }
            }
        };
        self.push(Event::Answered { request: hash, answer });
        match guard.finish() {
            Some(text) => {
                if !begun {
                    (self.cues)(Cue::LineBegan { npc: Some(npc.clone()), emotion: emotion(lead) });
                }
                (self.cues)(Cue::LineEnded { text: text.clone() });
                let emotion = emotion(lead);
                self.push(Event::Spoke { npc: Some(npc), emotion, text, improvised: true });
            }
            None => {
                if begun {
                    (self.cues)(Cue::LineEnded { text: String::new() });
                }
                self.deflect(&npc, &Reading::OffTopic);
            }
        }
    }

    fn chinese(&self) -> bool {
        self.state.locale.starts_with("zh")
    }

    fn request(&self, beat: &Beat, text: &str) -> CompletionRequest {
        let pack = &self.pack;
        let prose = pack.prose(&self.state.locale);
        let npc = beat.speaker.as_str();
        let persona = pack.persona(&self.state.locale, npc);
        let world = prose.text("story");
        let (rules, memory_of, ask) = if self.chinese() {
            ("你只说台词，用中文，口语，一两句短话，不写动作。", "你记得客人说过：", "客人说：")
        } else {
            (
                "Speak only your own words, in one or two short plain sentences. No stage directions.",
                "You remember the guest saying: ",
                "The guest says: ",
            )
        };
        let locked = self.state.locked_tells(pack, Some(npc));
        let clean = |line: &str| {
            let lower = line.to_lowercase();
            !locked.iter().any(|tell| lower.contains(tell.as_str()))
        };
        let knowledge = pack.secrets.iter().filter(|(_, secret)| {
            secret.holders.iter().any(|h| h == npc) && self.state.holds(&secret.unlocked_when)
        });
        let knowledge: Vec<_> =
            knowledge.map(|(id, _)| prose.text(&format!("secret {id}"))).collect();
        let memory = self.state.memories.get(npc);
        let lines = memory.map(|m| m.lines()).unwrap_or_default();
        let before = &lines[..lines.len().saturating_sub(1)];
        let recent = &before[before.len().saturating_sub(6)..];
        let mut exchanges: Vec<Message> = Vec::new();
        for line in recent.iter().filter(|line| clean(&line.text)) {
            let message = if line.speaker == npc {
                Message::assistant(line.text.clone())
            } else {
                Message::user(line.text.clone())
            };
            match exchanges.last_mut() {
                Some(last) if last.role == message.role => {
                    last.text.push(' ');
                    last.text.push_str(&message.text);
                }
                _ => exchanges.push(message),
            }
        }
        let oldest = recent.first().map_or(0, |line| line.turn);
        let recalled = memory.map(|memory| {
            memory.recall(text, 2, |line| {
                line.speaker == "player" && line.turn < oldest && clean(&line.text)
            })
        });
        let recalled = recalled.unwrap_or_default();
        let parts = PromptParts {
            stable: format!("{}\n{world}\n{rules}", persona.description),
            knowledge,
            exchanges,
            recalled: recalled.iter().map(|line| format!("({memory_of}{})", line.text)).collect(),
            directive: String::new(),
            player: format!("{ask}{text}"),
        };
        let seed = (self.state.seed as u32).wrapping_mul(31).wrapping_add(self.state.turn);
        CompletionRequest {
            messages: compose(&parts, BUDGET),
            lead: Emotion::ALL.map(|e| e.label().to_owned()).to_vec(),
            sampling: Sampling { seed, ..Sampling::default() },
            max_tokens: 56,
            stop: vec!["\n".into()],
        }
    }
}

fn emotion(lead: Option<usize>) -> Emotion {
    lead.and_then(|index| Emotion::ALL.get(index).copied()).unwrap_or_default()
}
