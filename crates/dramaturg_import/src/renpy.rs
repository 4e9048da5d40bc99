//! Ren'Py games.

mod cast;
mod compile;
mod expr;
mod facts;
mod flat;
mod original;
mod parse;
mod say;
mod source;
mod text;
mod translate;

use crate::graph::{Exit, Game};
use crate::side_by_side::{self, Way};
use crate::{Draft, Figures, ImportError, LeftOut, Options};
use cast::Cast;
use compile::Compiler;
use facts::Facts;
use flat::{Script, Step};
use original::Original;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use translate::Language;

/// No script is larger.
const LARGEST: u64 = 16 << 20;
/// No game has more files of script.
const MOST_FILES: usize = 5_000;

/// Reads a Ren'Py game: its folder, or the folder `game` in it.
///
/// Nothing of it is run. Python is read as far as stories are made of it: numbers, truths and texts that are set and
/// compared. All else is named in [`Draft::left_out`].
///
/// # Errors
/// When there is no script in the folder, or no label `start` in the scripts.
pub fn renpy(folder: &Path, options: &Options) -> Result<Draft, ImportError> {
    let game = folder.join("game");
    let root = if game.is_dir() { game } else { folder.to_owned() };
    let mut files = Vec::new();
    scripts(&root, &root, 0, &mut files)?;
    files.sort();
    if files.is_empty() {
        let help = "name the folder of the game, in which is a folder 'game' with script.rpy; compiled .rpyc alone can't be read";
        return Err(ImportError::not(folder, "there is no .rpy file", help));
    }
    let mut script = Script::default();
    let mut sources: BTreeMap<PathBuf, String> = BTreeMap::new();
    for file in files {
        let path = root.join(&file);
        let bytes = std::fs::read(&path).map_err(|error| ImportError::file(&path, error))?;
        let source = String::from_utf8_lossy(&bytes).into_owned();
        let (lines, unclosed) = source::lines(&source);
        let of = |line: usize| LeftOut {
            file: file.clone(),
            line,
            text: String::new(),
            why: "a quote or bracket that is not closed".into(),
        };
        script.left_out.extend(unclosed.into_iter().map(of));
        script.add_file(&file, &parse::statements(&lines));
        sources.insert(file, source);
    }
    let Some(start) = script.labels.get("start").copied() else {
        let help = "a Ren'Py game begins at `label start:`; is that the whole game?";
        return Err(ImportError::not(folder, "there is no label 'start'", help));
    };
    let said = script.steps.iter().filter_map(|step| match step {
        Step::Say(say, _) => Some(say.text.as_str()),
        _ => None,
    });
    let guessed = translate::guess(said);
    let locale = options.locale.clone().unwrap_or_else(|| guessed.to_owned());
    let languages = languages(&script, &sources, &locale);
    let facts = Facts::of(&script);
    let cast = Cast::of(&script, options.player.as_deref());
    for name in &cast.undefined {
        let (file, why) = (
            PathBuf::from("script"),
            "a speaker whom nothing defines: taken for a character of that name",
        );
        script.left_out.push(LeftOut { file, line: 0, text: name.clone(), why: why.into() });
    }
    let title = title(&script);
    let compiler = Compiler::new(&mut script, &facts, &cast, &languages, &locale);
    let words = title.as_ref().map(|title| compiler.words(title));
    let mut graph = compiler.run(start);
    graph.id = match options.id.as_str() {
        "" => crate::graph::id_of(&name_of(folder, &root)),
        id => id.to_owned(),
    };
    graph.title =
        words.unwrap_or_else(|| crate::graph::Words::new(&locale, name_of(folder, &root)));

    let figures = figures(&script, &graph, &facts);
    let original = Original { script: &script, facts: &facts, cast: &cast, locale: &locale };
    let (files, endings, played) = side_by_side::settle(&graph, |picks| {
        let course = original.play(start, picks);
        Way { lines: course.lines, open: course.open, over: course.over, unclear: course.unclear }
    });
    let mut left_out = std::mem::take(&mut script.left_out);
    left_out.sort();
    left_out.dedup();
    Ok(Draft {
        files,
        left_out,
        figures: Figures { endings, ..figures },
        method: "Read from the source: labels became scenes and beats, menus moves.".into(),
        played,
    })
}

/// All `.rpy` files below a folder. Links are not followed: they may lead in circles, or out.
fn scripts(
    root: &Path,
    folder: &Path,
    depth: usize,
    out: &mut Vec<PathBuf>,
) -> Result<(), ImportError> {
    let entries = std::fs::read_dir(folder).map_err(|error| ImportError::file(folder, error))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && depth < 12 {
            scripts(root, &path, depth + 1, out)?;
        } else if kind.is_file() && path.extension().is_some_and(|e| e == "rpy" || e == "rpym") {
            let size = entry.metadata().map_or(0, |meta| meta.len());
            if size > LARGEST || out.len() >= MOST_FILES {
                let message = "a script of more than 16 MiB, or more than 5000 scripts".to_owned();
                return Err(ImportError::Refused { file: path, message });
            }
            out.extend(path.strip_prefix(root).ok().map(Path::to_path_buf));
        }
    }
    Ok(())
}

fn languages(
    script: &Script,
    sources: &BTreeMap<PathBuf, String>,
    own: &str,
) -> BTreeMap<String, Language> {
    let mut languages: BTreeMap<String, Language> = BTreeMap::new();
    let mut split: BTreeMap<&PathBuf, Vec<&str>> = BTreeMap::new();
    for (name, id, head, block, file) in &script.translations {
        let code = translate::locale(name);
        if code == own || matches!(name.as_str(), "None" | "piglatin") || code.is_empty() {
            continue;
        }
        let lines = split
            .entry(file)
            .or_insert_with(|| sources.get(file).map(|s| s.lines().collect()).unwrap_or_default());
        languages.entry(code).or_default().add(id, *head, block, lines);
    }
    languages
}

fn title(script: &Script) -> Option<String> {
    let names = ["config.name", "config.window_title"];
    let defaults = || script.defaults.iter();
    let value = names.iter().find_map(|name| defaults().find(|d| d.1 == *name).map(|d| &d.2))?;
    let value = value.trim().trim_start_matches("_(").trim();
    expr::string(value).map(|(text, _)| text).filter(|text| !text.trim().is_empty())
}

/// The name of the game's folder.
fn name_of(folder: &Path, root: &Path) -> String {
    let of = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let named = if of(folder).as_deref() == Some("game") {
        folder.parent().and_then(of)
    } else {
        of(folder)
    };
    named.or_else(|| of(root)).unwrap_or_else(|| "story".into())
}

fn figures(script: &Script, graph: &Game, facts: &Facts) -> Figures {
    let menus = script.steps.iter().filter_map(|step| match step {
        Step::Menu(choices, _) => Some(choices.len()),
        _ => None,
    });
    let menus: Vec<usize> = menus.collect();
    let mut translated = BTreeMap::new();
    for locale in graph.locales.iter().skip(1) {
        let said = graph.nodes.iter().flat_map(|node| &node.said).filter(|said| {
            matches!(said, crate::graph::Said::Line { text, .. } if text.get(locale).is_some())
        });
        let choices = graph.nodes.iter().filter_map(|node| match &node.exit {
            Exit::Menu(choices, _) => {
                Some(choices.iter().filter(|c| c.text.get(locale).is_some()).count())
            }
            _ => None,
        });
        translated.insert(locale.clone(), said.count() + choices.sum::<usize>());
    }
    Figures {
        labels: script.labels.len(),
        menus: menus.len(),
        choices: menus.iter().sum(),
        lines: script.steps.iter().filter(|step| matches!(step, Step::Say(..))).count(),
        facts: facts.kinds().count(),
        endings: 0,
        translated,
        set_aside: script.set_aside.clone(),
    }
}
