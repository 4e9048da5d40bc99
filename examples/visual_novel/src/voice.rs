//! Lines read aloud by the voice of the system, where it has one.

use crate::overlay::Tell;
use crate::preferences::Preferences;
use crate::words::{Language, Word};
use bevy::prelude::*;
use bevy_dramaturg_ui::{Dialogue, Page};
use std::process::{Child, Command, Stdio};

pub struct VoicePlugin;

impl Plugin for VoicePlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Voice>().add_systems(Update, speak);
    }
}

/// The line that is being read.
#[derive(Resource, Default)]
struct Voice {
    reading: Option<Child>,
    said: String,
}

/// The system's own program for it. The words are an argument or an environment variable, never part of a command.
fn command(text: &str, language: Language) -> Command {
    if cfg!(target_os = "macos") {
        let mut say = Command::new("say");
        say.arg("--").arg(text);
        return say;
    }
    if cfg!(windows) {
        let mut shell = Command::new("powershell");
        let script = "Add-Type -AssemblyName System.Speech; \
                      (New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak($env:DRAMATURG_LINE)";
        shell.args(["-NoProfile", "-Command", script]).env("DRAMATURG_LINE", text);
        return shell;
    }
    let mut say = Command::new("spd-say");
    say.args(["--wait", "--language", language.locale(), "--"]).arg(text);
    say
}

/// A line is read when all of it is there, to those who want to hear it.
fn line_to_read<'p>(preferences: &Preferences, page: Option<&'p Page>) -> &'p str {
    page.filter(|page| page.whole && preferences.voice).map_or("", |page| page.text.as_str())
}

fn speak(
    mut preferences: ResMut<Preferences>,
    language: Res<Language>,
    dialogues: Query<&Dialogue>,
    mut voice: ResMut<Voice>,
    mut tell: MessageWriter<Tell>,
) {
    let voice = voice.bypass_change_detection();
    if let Some(reading) = &mut voice.reading
        && !matches!(reading.try_wait(), Ok(None))
    {
        voice.reading = None;
    }
    let page = dialogues.iter().next().and_then(Dialogue::page);
    let line = line_to_read(&preferences, page);
    if voice.said == line {
        return;
    }
    line.clone_into(&mut voice.said);
    // Who reads on does not want to hear the rest.
    if let Some(mut reading) = voice.reading.take() {
        let _ = reading.kill();
        let _ = reading.wait();
    }
    if line.is_empty() {
        return;
    }
    let quiet = Stdio::null;
    match command(line, *language).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn() {
        Ok(child) => voice.reading = Some(child),
        Err(error) => {
            info!("lines can't be read aloud: {error}");
            preferences.voice = false;
            tell.write(Tell(language.say(Word::NoVoice).to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preferences::Setting;
    use bevy_dramaturg::engine::Emotion;

    #[test]
    fn whole_lines_are_read_to_those_who_want_it() {
        let mut page = Page {
            npc: None,
            emotion: Emotion::Neutral,
            text: "The fog is in.".into(),
            whole: false,
            known: false,
        };
        let mut wanted = Preferences::default();
        wanted.adjust(Setting::Voice, 1, Language::English);
        assert_eq!(line_to_read(&wanted, Some(&page)), "");
        page.whole = true;
        assert_eq!(line_to_read(&wanted, Some(&page)), "The fog is in.");
        assert_eq!(line_to_read(&Preferences::default(), Some(&page)), "");
        assert_eq!(line_to_read(&wanted, None), "");
    }
}
