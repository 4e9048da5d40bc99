//! A character speaks for itself: the prompt, the stream, the guard, and the authored line that is always at hand.

use super::Turn;
use super::request::{compose_request, is_chinese};
use crate::cue::Cue;
use crate::director::{Guard, Reading, Verdict};
use crate::{Beat, Event};
use dramaturg_llm::{Answer, LanguageModel, ModelError, StreamEvent};
use dramaturg_mind::{Emotion, estimate_tokens};
use std::time::{Duration, Instant};

/// Longest silence of the model before an authored line is spoken.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest time that a model may take to say all of it.
const LONGEST: Duration = Duration::from_secs(60);

impl Turn<'_> {
    /// The model answers what was said; where it can't, an authored line does.
    pub(super) fn improvise(&mut self, beat: &Beat, text: &str, model: Option<&dyn LanguageModel>) {
        let Some(model) = model else {
            self.deflect(&beat.speaker, &Reading::OffTopic);
            return;
        };
        let npc = beat.speaker.clone();
        let request = compose_request(&self.pack, self.state, beat, text);
        self.report.prompt.clone_from(&request.messages);
        self.report.directive = "answer what was said in one or two sentences".into();
        self.report.prompt_tokens =
            request.messages.iter().map(|message| estimate_tokens(&message.text)).sum();
        let hash = request.hash();
        let locked = self.state.locked_tells(&self.pack, Some(&npc));
        for message in &request.messages {
            self.watch(&locked, &message.text);
        }
        let mut guard = Guard::new(locked, is_chinese(&self.state.locale), text);
        let (stream, asked) = (model.complete(request), Instant::now());
        let (mut lead, mut said, mut begun) = (None, String::new(), false);
        let mut failure = None;
        loop {
            match stream.next(PATIENCE) {
                StreamEvent::Prompt { tokens, cached } => {
                    self.report.prompt_tokens = tokens;
                    self.report.cached_tokens = Some(cached);
                }
                StreamEvent::Lead(index) => lead = Some(index),
                StreamEvent::Text(piece) => {
                    said.push_str(&piece);
                    let verdict = guard.push(&piece);
                    let (Verdict::Show(shown) | Verdict::Enough(shown) | Verdict::Broken(shown)) =
                        &verdict;
                    if !shown.is_empty() {
                        if !begun {
                            begun = true;
                            let ms = self.began.elapsed().as_millis() as u64;
                            self.report.first_token_ms = Some(ms);
                            let emotion = emotion(lead);
                            (self.cues)(Cue::LineBegan { npc: Some(npc.clone()), emotion });
                        }
                        (self.cues)(Cue::Delta(shown.clone()));
                    }
                    if asked.elapsed() > LONGEST || !matches!(verdict, Verdict::Show(_)) {
                        break;
                    }
                }
                // A speech has neither fields nor tools.
                StreamEvent::Field(..) | StreamEvent::Tool(_) | StreamEvent::Usage(_) => {}
                StreamEvent::Done => break,
                StreamEvent::Failed(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        stream.cancel();
        self.report.improvised.clone_from(&said);
        let answer = match failure {
            None => Answer::Text { lead, text: said },
            Some(error) => {
                self.report.timed_out |= error == ModelError::TimedOut;
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
}

fn emotion(lead: Option<usize>) -> Emotion {
    lead.and_then(|index| Emotion::ALL.get(index).copied()).unwrap_or_default()
}
