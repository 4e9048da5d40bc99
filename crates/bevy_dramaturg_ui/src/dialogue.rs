//! What is said in this turn, page by page.

use crate::pace::{Pace, Skip, is_stop};
use crate::read_lines::ReadLines;
use crate::turning_point::turning_point;
use bevy::prelude::*;
use bevy_dramaturg::engine::Emotion;
use bevy_dramaturg::prelude::*;

/// One line of the turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Who speaks; none for the narrator.
    pub npc: Option<Entity>,
    /// The face to it.
    pub emotion: Emotion,
    /// The words so far.
    pub text: String,
    /// Whether these are all of them.
    pub whole: bool,
    /// Whether the player had read it before, in any play.
    pub known: bool,
}

/// What [`Dialogue::read_on`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOn {
    /// The rest of the line is shown.
    Shown,
    /// The next page is open.
    Turned,
    /// There is nothing more: it is the player's turn, or somebody thinks.
    Nothing,
    /// The story is over, and its last words were read.
    Over,
}

/// What is said on the stage. On the entity of the story.
#[derive(Component, Clone, Debug, Default)]
pub struct Dialogue {
    pages: Vec<Page>,
    at: usize,
    /// Characters of the open page that are shown.
    shown: f32,
    /// How long the whole page has been seen.
    seen_s: f32,
    rest: f32,
    said: String,
    turn_over: bool,
    ending: Option<String>,
    face: Option<(Entity, Emotion)>,
    /// Something stands in the player's line. Written by the game.
    pub typing: bool,
    /// Nothing is typed out and no page turns by itself: a panel lies over it. Written by the game.
    pub paused: bool,
}

impl Dialogue {
    /// The open page.
    pub fn page(&self) -> Option<&Page> {
        self.pages.get(self.at)
    }
    /// The open page's words, divided into what is shown and what is to come.
    pub fn words(&self) -> (&str, &str) {
        let text = self.page().map_or("", |page| page.text.as_str());
        let at = text.char_indices().nth(self.shown as usize).map_or(text.len(), |(at, _)| at);
        text.split_at(at)
    }
    /// What the player said last.
    pub fn said(&self) -> &str {
        &self.said
    }
    /// Who speaks or spoke last, with which face.
    pub fn speaker(&self) -> Option<(Entity, Emotion)> {
        self.face
    }
    /// Whether the player spoke and nothing has come back yet.
    pub fn is_thinking(&self) -> bool {
        !self.turn_over && self.pages.is_empty()
    }
    /// Whether it is the player's turn to speak.
    pub fn is_players_turn(&self) -> bool {
        self.turn_over && self.ending.is_none() && self.is_all_read()
    }
    /// Whether the last words of the story have been read.
    pub fn is_over(&self) -> bool {
        self.ending.is_some() && self.is_all_read()
    }
    /// The ending that was reached.
    pub fn ending(&self) -> Option<&str> {
        self.ending.as_deref()
    }
    /// Whether there is another page after this one, which is read.
    pub fn has_more(&self) -> bool {
        self.is_read() && self.at + 1 < self.pages.len()
    }
    /// How many whole lines the player has not read to their end.
    pub fn unread(&self) -> usize {
        let open = usize::from(!self.is_read());
        let first = self.at + 1 - open.min(1);
        self.pages.iter().skip(first).filter(|page| page.whole).count()
    }
    /// The player has said something: the stage is theirs no longer.
    pub fn player_said(&mut self, text: &str) {
        text.clone_into(&mut self.said);
        self.turn_over = false;
        self.pages.clear();
        self.at = 0;
        self.shown = 0.0;
    }
    /// Shows the whole line, or the next page.
    pub fn read_on(&mut self) -> ReadOn {
        if !self.is_read() {
            self.show_whole();
            return ReadOn::Shown;
        }
        if self.at + 1 < self.pages.len() {
            self.open(self.at + 1, 0.0);
            return ReadOn::Turned;
        }
        if self.is_over() { ReadOn::Over } else { ReadOn::Nothing }
    }
    /// Opens the page before this one; says whether there was one in this turn.
    pub fn page_back(&mut self) -> bool {
        let Some(before) = self.at.checked_sub(1) else { return false };
        self.open(before, f32::MAX);
        true
    }
    /// Opens a page that was read already; says whether there was one in this turn.
    pub fn page_forward(&mut self) -> bool {
        if self.at + 1 >= self.pages.len() {
            return false;
        }
        self.open(self.at + 1, f32::MAX);
        true
    }

    fn is_read(&self) -> bool {
        self.page().is_none_or(|page| page.whole && self.shown >= length(&page.text))
    }
    fn is_all_read(&self) -> bool {
        self.at + 1 >= self.pages.len() && self.is_read()
    }
    fn show_whole(&mut self) {
        self.shown = self.page().map_or(0.0, |page| length(&page.text));
        self.show_face();
    }
    fn open(&mut self, at: usize, shown: f32) {
        self.at = at;
        self.seen_s = 0.0;
        self.rest = 0.0;
        self.shown = shown.min(self.page().map_or(0.0, |page| length(&page.text)));
        self.show_face();
    }
    /// The face follows the words: until the one that carries the emotion, it is as it was.
    fn show_face(&mut self) {
        let Some(Page { npc: Some(npc), emotion, text, .. }) = self.page() else { return };
        let turned = self.shown as usize >= turning_point(text, *emotion);
        let face = match self.face {
            _ if turned => *emotion,
            Some((before, face)) if before == *npc => face,
            _ => Emotion::Neutral,
        };
        self.face = Some((*npc, face));
    }
    fn last(&mut self) -> Option<&mut Page> {
        self.pages.last_mut()
    }
    fn begin(&mut self, page: Page) {
        self.pages.push(page);
        if self.pages.len() == 1 {
            self.open(0, 0.0);
        }
    }
}

fn length(text: &str) -> f32 {
    text.chars().count() as f32
}

pub(crate) fn hear(
    mut dialogues: Query<&mut Dialogue>,
    mut opened: MessageReader<PlayOpened>,
    mut spoken: MessageReader<NpcSpeaks>,
    mut ended: MessageReader<StoryEnded>,
    mut turns: MessageReader<TurnEnded>,
    read: Res<ReadLines>,
    plays: Query<&Play>,
) {
    for opened in opened.read() {
        if let Ok(mut dialogue) = dialogues.get_mut(opened.play) {
            let fresh = reopened(opened, &plays);
            let Dialogue { typing, paused, .. } = *dialogue;
            *dialogue = Dialogue { typing, paused, ..fresh };
        }
    }
    for NpcSpeaks { npc, speech, play } in spoken.read() {
        let Ok(mut dialogue) = dialogues.get_mut(*play) else { continue };
        match speech {
            Speech::Began { emotion, .. } => {
                let (npc, emotion) = (*npc, *emotion);
                dialogue.begin(Page {
                    npc,
                    emotion,
                    text: String::new(),
                    whole: false,
                    known: false,
                });
            }
            Speech::Delta(text) => {
                dialogue.last().into_iter().for_each(|page| page.text.push_str(text));
            }
            // A line that was taken back leaves the stage to the next one.
            Speech::Ended { text } if text.is_empty() => {
                dialogue.pages.pop();
                let last = dialogue.pages.len().saturating_sub(1);
                if dialogue.at > last {
                    dialogue.open(last, f32::MAX);
                }
            }
            Speech::Ended { text } => {
                if let Some(page) = dialogue.last() {
                    page.text.clone_from(text);
                    page.whole = true;
                    page.known = read.contains(text);
                }
            }
        }
    }
    for StoryEnded { ending, play } in ended.read() {
        if let Ok(mut dialogue) = dialogues.get_mut(*play) {
            dialogue.ending = Some(ending.clone());
        }
    }
    for turn in turns.read() {
        if let Ok(mut dialogue) = dialogues.get_mut(turn.play) {
            dialogue.turn_over = true;
        }
    }
}

/// The stage of a play that stands somewhere in its story: the last page of its last turn, read.
fn reopened(opened: &PlayOpened, plays: &Query<&Play>) -> Dialogue {
    let is_player = |speaker: &Option<String>| speaker.as_deref() == Some("player");
    let lines = opened.history.iter().filter(|line| line.turn == opened.turn);
    let npc = |id: &Option<String>| plays.get(opened.play).ok()?.npc(id.as_deref()?);
    let pages: Vec<Page> = lines
        .filter(|line| !is_player(&line.speaker))
        .map(|line| Page {
            npc: npc(&line.speaker),
            emotion: line.emotion,
            text: line.text.clone(),
            whole: true,
            known: true,
        })
        .collect();
    let said = opened.history.iter().rev().find(|line| is_player(&line.speaker));
    let mut dialogue = Dialogue {
        turn_over: opened.resumed,
        ending: opened.ended.clone(),
        said: said.map(|line| line.text.clone()).unwrap_or_default(),
        pages,
        ..default()
    };
    // The face of who spoke last, also where the last page is the narrator's.
    for at in 0..dialogue.pages.len() {
        dialogue.open(at, f32::MAX);
    }
    dialogue
}

/// How long a page is seen while it is skipped.
const GLIMPSE_S: f32 = 0.09;

pub(crate) fn type_out(
    mut dialogues: Query<&mut Dialogue>,
    pace: Res<Pace>,
    mut read: ResMut<ReadLines>,
    time: Res<Time>,
) {
    for mut dialogue in &mut dialogues {
        // A line that is typed changes in each frame, and nobody has to be told.
        let dialogue = dialogue.bypass_change_detection();
        if dialogue.paused {
            continue;
        }
        let was_read = dialogue.is_read();
        let Some(page) = dialogue.page() else { continue };
        let skipped = page.whole
            && match pace.skip {
                Skip::Off => false,
                Skip::Read => page.known,
                Skip::All => true,
            };
        if pace.at_once || skipped {
            dialogue.show_whole();
        } else {
            dialogue.advance(&pace, time.delta_secs());
        }
        if !dialogue.is_read() {
            continue;
        }
        let Some(page) = dialogue.page() else { continue };
        if !was_read {
            read.insert(&page.text);
        }
        let turns_after = if skipped { Some(GLIMPSE_S) } else { pace.reading_s(&page.text) };
        dialogue.seen_s += time.delta_secs();
        let is_time = turns_after.is_some_and(|after| dialogue.seen_s >= after);
        if is_time && !dialogue.typing && dialogue.at + 1 < dialogue.pages.len() {
            dialogue.open(dialogue.at + 1, 0.0);
        }
    }
}

impl Dialogue {
    /// Types on for so many seconds.
    fn advance(&mut self, pace: &Pace, seconds: f32) {
        let Some(page) = self.page() else { return };
        let Some(next) = page.text.chars().nth(self.shown as usize) else { return };
        let letters = seconds * pace.speed(next);
        if self.rest > 0.0 {
            self.rest -= letters;
            return;
        }
        let before = self.shown as usize;
        let shown = (self.shown + letters).min(length(&page.text));
        let typed = page.text.chars().skip(before).take(shown as usize - before);
        let stops = typed.filter(|c| is_stop(*c)).count();
        self.shown = shown;
        self.rest = if stops > 0 { pace.stop } else { 0.0 };
        self.show_face();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        let text = text.to_owned();
        Page { npc: None, emotion: Emotion::Neutral, text, whole: true, known: false }
    }

    fn two_pages() -> Dialogue {
        let mut dialogue = Dialogue { turn_over: true, ..default() };
        dialogue.begin(page("One."));
        dialogue.begin(page("二。"));
        dialogue
    }

    #[test]
    fn pages_are_read_forth_and_back() {
        let mut dialogue = two_pages();
        assert_eq!(dialogue.unread(), 2);
        assert!(!dialogue.is_players_turn());
        assert_eq!(dialogue.read_on(), ReadOn::Shown);
        assert_eq!(dialogue.unread(), 1);
        assert!(dialogue.has_more());
        assert_eq!(dialogue.read_on(), ReadOn::Turned);
        assert_eq!(dialogue.words(), ("", "二。"));
        assert_eq!(dialogue.read_on(), ReadOn::Shown);
        assert!(dialogue.is_players_turn());
        assert_eq!(dialogue.read_on(), ReadOn::Nothing);
        assert!(dialogue.page_back() && !dialogue.page_back());
        assert_eq!(dialogue.words(), ("One.", ""));
        assert!(dialogue.page_forward() && !dialogue.page_forward());
        dialogue.ending = Some("home".into());
        assert_eq!(dialogue.read_on(), ReadOn::Over);
    }

    fn app(pace: Pace) -> (App, Entity) {
        let mut app = App::new();
        app.insert_resource(pace).init_resource::<ReadLines>().add_systems(Update, type_out);
        let mut time = Time::<()>::default();
        time.advance_by(std::time::Duration::from_millis(100));
        app.insert_resource(time);
        let dialogue = app.world_mut().spawn(two_pages()).id();
        (app, dialogue)
    }

    fn frames_to_the_end(pace: Pace) -> usize {
        let (mut app, dialogue) = app(pace);
        for frame in 0..400 {
            let now = app.world().get::<Dialogue>(dialogue).unwrap();
            if now.is_players_turn() {
                return frame;
            }
            app.update();
        }
        usize::MAX
    }

    #[test]
    fn the_pace_is_kept() {
        let slow = Pace { latin: 5.0, han: 5.0, auto_s: Some(0.5), ..default() };
        let fast = Pace { latin: 20.0, han: 20.0, ..slow.clone() };
        let at_once = Pace { at_once: true, ..slow.clone() };
        let patient = Pace { auto_s: Some(3.0), ..at_once.clone() };
        let skipping = Pace { skip: Skip::All, ..slow.clone() };
        let frames =
            [&slow, &fast, &at_once, &patient, &skipping].map(|p| frames_to_the_end(p.clone()));
        let [slow, fast, at_once, patient, skipping] = frames;
        assert!(
            fast < slow && at_once < fast && at_once < patient && skipping < at_once,
            "{frames:?}"
        );
        // Nobody turns the page, so it stays.
        assert_eq!(frames_to_the_end(Pace::default()), usize::MAX);
    }

    #[test]
    fn only_what_was_read_is_skipped() {
        let pace = Pace { skip: Skip::Read, ..default() };
        let (mut app, entity) = app(pace);
        (0..50).for_each(|_| app.update());
        assert_eq!(app.world().get::<Dialogue>(entity).unwrap().at, 0);
        let mut dialogue = app.world_mut().get_mut::<Dialogue>(entity).unwrap();
        dialogue.pages.iter_mut().for_each(|page| page.known = true);
        (0..5).for_each(|_| app.update());
        assert!(app.world().get::<Dialogue>(entity).unwrap().is_players_turn());
    }
}
