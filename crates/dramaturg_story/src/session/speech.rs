//! A character speaks for itself: the prompt, the stream, the guard, and the authored line that is always at hand.

use super::reading::passages;
use super::request::compose_request;
use super::{Ablation, Turn};
use crate::cue::Cue;
use crate::director::{Guard, Reading, Rule, Sense, Verdict, Watch};
use crate::pack::is_chinese;
use crate::{Beat, Event};
use dramaturg_llm::{Answer, CompletionRequest, LanguageModel, Message, ModelError, StreamEvent};
use dramaturg_mind::emotion::VoiceStyle;
use dramaturg_mind::{Emotion, estimate_tokens};
use std::time::{Duration, Instant};

/// Longest silence of the model before an authored line is spoken.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest time that a model may take to say all of it.
const LONGEST: Duration = Duration::from_secs(60);

/// How often the model is asked for one line: once more when a rule was broken before anything was shown.
const ATTEMPTS: u32 = 2;

/// What came of asking the model.
enum Said {
    /// A line that was performed.
    Line,
    /// Nothing that can be said, because of a rule.
    Broken(Rule),
    /// No answer.
    Failed,
}

impl Turn<'_> {
    /// The model answers what was said; where it can't, an authored line does.
    pub(super) fn improvise(&mut self, beat: &Beat, text: &str, model: Option<&dyn LanguageModel>) {
        // What the player does not want to meet is in no prompt, even when they name it.
        let model = model.filter(|_| !self.avoided().is_in(text));
        let Some(model) = model else {
            self.deflect(&beat.speaker, &Reading::OffTopic);
            return;
        };
        let npc = beat.speaker.clone();
        let recalled = self.recall(&npc, text);
        let mut request =
            compose_request(&self.pack, self.state, beat, text, &recalled, self.ablation);
        let read = passages(&self.pack, self.state, &npc, text, recalled.passages.as_deref());
        let read = read.into_iter().filter(|(_, text)| holds(&request, text));
        self.report.passages = read.map(|(passage, _)| passage).collect();
        self.report.directive = "answer what was said in one or two sentences".into();
        let voice = self.voice_of(Some(&npc));
        if voice != VoiceStyle::Plain {
            self.report.directive.push_str(&format!("; voice: {}", voice.label()));
        }
        for attempt in 1..=ATTEMPTS {
            match self.speak(&npc, text, request.clone(), model) {
                Said::Line if self.calling.is_empty() => return,
                Said::Line => return self.carry_out_calls(&npc, text, request, model, true),
                Said::Broken(_) if !self.calling.is_empty() => {
                    return self.carry_out_calls(&npc, text, request, model, false);
                }
                Said::Broken(rule) if attempt < ATTEMPTS => {
                    let reason = rule.reason(is_chinese(&self.state.locale));
                    self.report.directive.push_str(&format!("; once more: {rule:?}"));
                    if let Some(last) = request.messages.last_mut() {
                        last.text.push_str(&format!(" ({reason})"));
                    }
                    request.sampling.seed = request.sampling.seed.wrapping_add(1);
                }
                Said::Broken(_) | Said::Failed => break,
            }
        }
        self.deflect(&npc, &Reading::OffTopic);
    }

    /// What the model called is done, in its order. Where it said nothing, or a step was not done, it is told so once, and
    /// speaks to it without calling anything.
    fn carry_out_calls(
        &mut self,
        npc: &str,
        text: &str,
        mut request: CompletionRequest,
        model: &dyn LanguageModel,
        spoken: bool,
    ) {
        let offered: Vec<String> = request.tools.drain(..).map(|tool| tool.name).collect();
        let calls = std::mem::take(&mut self.calling);
        let chain = self.run_calls(npc, calls, &offered);
        if spoken && chain.failure().is_none() {
            return;
        }
        let report = super::call::report(&chain, is_chinese(&self.state.locale));
        self.report.directive.push_str(&format!("; told: {report}"));
        let said = std::mem::take(&mut self.report.improvised);
        request.messages.push(Message::assistant(if said.is_empty() {
            "…".into()
        } else {
            said
        }));
        request.messages.push(Message::user(report));
        request.sampling.seed = request.sampling.seed.wrapping_add(1);
        let told = self.speak(npc, text, request, model);
        self.calling.clear();
        if !spoken && !matches!(told, Said::Line) {
            self.deflect(npc, &Reading::OffTopic);
        }
    }

    /// One answer of the model, shown as far as the guard lets it through.
    fn speak(
        &mut self,
        npc: &str,
        text: &str,
        request: CompletionRequest,
        model: &dyn LanguageModel,
    ) -> Said {
        self.report.prompt.clone_from(&request.messages);
        self.report.prompt_tokens =
            request.messages.iter().map(|message| estimate_tokens(&message.text)).sum();
        let hash = request.hash();
        let watch = Watch::new(&self.pack, self.state, npc, text);
        for message in &request.messages {
            self.watch(watch.secrets.tells(), &message.text);
        }
        let unguarded = self.ablation == Some(Ablation::NoGuard);
        let sense = if unguarded { Sense::default() } else { self.sense(&watch.secrets) };
        let mut guard = Guard::new(watch, sense);
        // Calls come after the words: where some are offered, the answer is read to its end.
        let (tools, mut enough) = (!request.tools.is_empty(), false);
        let (stream, asked) = (model.complete(request), Instant::now());
        let (mut lead, mut said, mut begun) = (None, String::new(), false);
        let (mut failure, mut calls) = (None, Vec::new());
        loop {
            match stream.next(PATIENCE) {
                StreamEvent::Prompt { tokens, cached } => {
                    self.report.prompt_tokens = tokens;
                    self.report.cached_tokens = Some(cached);
                }
                StreamEvent::Lead(index) => lead = Some(index),
                StreamEvent::Text(_) if enough => {}
                StreamEvent::Text(piece) => {
                    said.push_str(&piece);
                    let verdict = if unguarded { Verdict::Show(piece) } else { guard.push(&piece) };
                    let (Verdict::Show(shown) | Verdict::Enough(shown) | Verdict::Broken(shown)) =
                        &verdict;
                    if !shown.is_empty() {
                        if !begun {
                            begun = true;
                            let ms = self.began.elapsed().as_millis() as u64;
                            self.report.first_token_ms = Some(ms);
                            let voice = self.voice_of(Some(npc));
                            let (npc, emotion) = (Some(npc.to_owned()), emotion(lead));
                            (self.cues)(Cue::LineBegan { npc, emotion, voice });
                        }
                        (self.cues)(Cue::Delta(shown.clone()));
                    }
                    if tools && matches!(verdict, Verdict::Enough(_)) {
                        enough = true;
                        continue;
                    }
                    if asked.elapsed() > LONGEST || !matches!(verdict, Verdict::Show(_)) {
                        break;
                    }
                }
                StreamEvent::Tool(call) => calls.push(call),
                // A speech has no fields.
                StreamEvent::Field(..) | StreamEvent::Usage(_) => {}
                StreamEvent::Done => break,
                StreamEvent::Failed(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        stream.cancel();
        self.report.improvised.clone_from(&said);
        let failed = failure.is_some();
        let bare = said.trim().to_owned();
        let line =
            if unguarded { Some(bare).filter(|line| !line.is_empty()) } else { guard.finish() };
        let answer = match failure {
            None if calls.is_empty() => Answer::Text { lead, text: said },
            None => {
                self.calling.clone_from(&calls);
                Answer::Calls { lead, text: said, calls }
            }
            Some(error) => {
                self.report.timed_out |= error == ModelError::TimedOut;
                (self.cues)(Cue::Notice(error.to_string()));
                Answer::Failed { lead, text: said, error }
            }
        };
        self.push(Event::Answered { request: hash, answer });
        if let Some(sensed) = guard.sensed() {
            self.push(Event::Sensed(sensed));
        }
        let (npc, emotion) = (Some(npc.to_owned()), emotion(lead));
        match line {
            Some(text) => {
                if !begun {
                    let voice = self.voice_of(npc.as_deref());
                    (self.cues)(Cue::LineBegan { npc: npc.clone(), emotion, voice });
                }
                (self.cues)(Cue::LineEnded { text: text.clone() });
                self.push(Event::Spoke { npc, emotion, text, improvised: true });
                Said::Line
            }
            None => {
                if begun {
                    (self.cues)(Cue::LineEnded { text: String::new() });
                    // Something was shown: it is not tried a second time in front of the player.
                    return Said::Failed;
                }
                if failed {
                    Said::Failed
                } else {
                    Said::Broken(guard.broken().unwrap_or(Rule::Empty))
                }
            }
        }
    }
}

/// Whether a text got into the prompt: the budget may have had no room for it.
fn holds(request: &CompletionRequest, text: &str) -> bool {
    request.messages.last().is_some_and(|message| message.text.contains(text))
}

fn emotion(lead: Option<usize>) -> Emotion {
    lead.and_then(|index| Emotion::ALL.get(index).copied()).unwrap_or_default()
}
