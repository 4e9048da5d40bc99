//! `dramaturg import` and `dramaturg export`.

use dramaturg_import::{Draft, Options, card, renpy};
use dramaturg_story::{Limits, Pack, check, unreadable};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

#[derive(clap::Subcommand)]
pub enum Import {
    /// A Ren'Py game: labels become beats, menus moves, lines authored lines, tl/ languages.
    ///
    /// Example: dramaturg import renpy the_question my_pack
    Renpy(Renpy),
    /// A character card (V2 or V3; JSON, PNG or CHARX): persona, greetings and lore.
    ///
    /// Example: dramaturg import card seraphina.png my_pack
    Card(Card),
}

#[derive(clap::Args)]
pub struct Renpy {
    /// The folder of the game.
    game: PathBuf,
    /// The folder of the new pack.
    out: PathBuf,
    /// The language in which the game is written, such as en; guessed from its letters otherwise.
    #[arg(long)]
    locale: Option<String>,
    /// The variable of the character who is the player; guessed from its name otherwise.
    #[arg(long)]
    player: Option<String>,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub struct Card {
    /// The card.
    file: PathBuf,
    /// The folder of the new pack.
    out: PathBuf,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

impl Import {
    pub fn run(self) -> Result<ExitCode, String> {
        let (draft, out, json) = match self {
            Self::Renpy(of) => {
                let id = of.out.file_name().map(|name| name.to_string_lossy().into_owned());
                let options =
                    Options { id: id.unwrap_or_default(), locale: of.locale, player: of.player };
                (renpy(&of.game, &options), of.out, of.json)
            }
            Self::Card(of) => (card::import(&of.file), of.out, of.json),
        };
        let draft = draft.map_err(|error| error.to_string())?;
        draft.write(&out).map_err(|error| error.to_string())?;
        tell(&draft, &out, json)
    }
}

/// Says what came of it, and whether the pack passes the check.
fn tell(draft: &Draft, out: &Path, json: bool) -> Result<ExitCode, String> {
    print!("{}", draft.report());
    let limits = Limits { time: Duration::from_secs(30), ..Limits::default() };
    let report = match Pack::load(out) {
        Ok(pack) => check(&Arc::new(pack), &limits),
        Err(error) => unreadable(&error),
    };
    let (errors, warnings) = (report.errors().count(), report.warnings().count());
    println!("\ncheck: {errors} errors, {warnings} warnings, {} states", report.states);
    for error in report.errors().take(5) {
        println!("{error}");
    }
    let shown = out.display();
    println!(
        "play it: dramaturg play --story {shown} --no-model\nlook it over: dramaturg check {shown}"
    );
    if json {
        let left: Vec<_> = draft
            .left_out
            .iter()
            .map(|left| {
                json!({"file": left.file.display().to_string(), "line": left.line, "text": left.text, "why": left.why})
            })
            .collect();
        let figures = &draft.figures;
        let played = draft.played.as_ref().map(|played| {
            json!({"paths": played.paths, "same": played.same, "more": played.more, "difference": played.difference})
        });
        let object = json!({
            "ok": report.is_ok(), "errors": errors, "warnings": warnings, "states": report.states,
            "labels": figures.labels, "menus": figures.menus, "choices": figures.choices, "lines": figures.lines,
            "facts": figures.facts, "endings": figures.endings, "translated": figures.translated,
            "set_aside": figures.set_aside, "left_out": left, "played": played,
        });
        println!("{object}");
    }
    Ok(if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(clap::Subcommand)]
pub enum Export {
    /// A character of a pack as a card; the ending of the file says which kind: .json, .png, .charx.
    ///
    /// Example: dramaturg export card my_pack seraphina seraphina.png
    Card(Out),
}

#[derive(clap::Args)]
pub struct Out {
    /// The folder of the pack.
    pack: PathBuf,
    /// The character's id in the pack.
    npc: String,
    /// The card. A PNG or CHARX that is there already keeps all but the card in it.
    file: PathBuf,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

impl Export {
    pub fn run(self) -> Result<ExitCode, String> {
        let Self::Card(Out { pack, npc, file, json }) = self;
        card::export(&pack, &npc, &file).map_err(|error| error.to_string())?;
        println!("{} has {npc}", file.display());
        if json {
            println!("{}", json!({"pack": pack, "npc": npc, "file": file}));
        }
        Ok(ExitCode::SUCCESS)
    }
}
