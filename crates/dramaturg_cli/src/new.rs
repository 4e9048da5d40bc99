//! `dramaturg new`: a small story to begin with.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct New {
    /// The folder of the new story pack; its name is the story's.
    pack: PathBuf,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

/// The files of a story that plays, with `STORY` where its name belongs.
const FILES: [(&str, &str); 3] = [
    ("pack.ron", include_str!("new/pack.ron")),
    ("en/story.md", include_str!("new/en.md")),
    ("zh/story.md", include_str!("new/zh.md")),
];

impl New {
    pub fn run(self) -> Result<ExitCode, String> {
        let folder = &self.pack;
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let id: String =
            name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).collect();
        if id.is_empty() {
            return Err(format!("'{}' is no name for a story", folder.display()));
        }
        if folder.exists() && !is_empty(folder) {
            return Err(format!(
                "{} is there already, and nothing in it is overwritten",
                folder.display()
            ));
        }
        for (file, text) in FILES {
            write(&folder.join(file), &text.replace("STORY", &id))?;
        }
        let shown = folder.display();
        println!(
            "{shown} has a story of three beats, in English and Chinese.\n\n\
             1. play it:            dramaturg play --story {shown} --no-model\n\
             2. look it over:       dramaturg check {shown}\n\
             3. see how it goes:    dramaturg graph {shown} --out {name}.svg\n\
             4. change it:          what happens is in {shown}/pack.ron, the words are in {shown}/en/story.md and zh/story.md;\n\
             \x20                      the play that is open takes up what you save\n\
             5. let others play it: dramaturg simulate {shown} --no-model\n\n\
             The language of stories is told in docs/packs.md."
        );
        if self.json {
            let files: Vec<_> = FILES.iter().map(|(file, _)| folder.join(file)).collect();
            println!("{}", serde_json::json!({"id": id, "pack": folder, "files": files}));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn is_empty(folder: &Path) -> bool {
    folder.read_dir().is_ok_and(|mut entries| entries.next().is_none())
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    let fail = |error| format!("can't write {}: {error}", file.display());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    std::fs::write(file, text).map_err(fail)
}
