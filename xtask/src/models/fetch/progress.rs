//! How far a download is: a bar on a terminal, a line now and then elsewhere.

use super::super::clock;
use std::io::{IsTerminal, Read, Write};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

const BAR: usize = 28;

/// The progress of one download.
#[derive(Debug)]
pub struct Progress {
    label: String,
    total: Option<u64>,
    begin: Instant,
    first: Option<u64>,
    shown: Option<Instant>,
    terminal: bool,
}

impl Progress {
    /// Of `total` bytes, where known.
    pub fn new(label: &str, total: Option<u64>) -> Self {
        Self {
            label: label.to_owned(),
            total,
            begin: Instant::now(),
            first: None,
            shown: None,
            terminal: std::io::stderr().is_terminal(),
        }
    }

    /// Shows that `done` bytes are there, unless something was shown just now.
    pub fn at(&mut self, done: u64) {
        let pause = Duration::from_millis(if self.terminal { 150 } else { 5000 });
        let first = *self.first.get_or_insert(done);
        // Nothing is shown for a source that sends nothing.
        if done > first && self.shown.is_none_or(|shown| shown.elapsed() >= pause) {
            self.show(done);
        }
    }

    /// Shows the last state and ends the line.
    pub fn finish(mut self, done: u64) {
        if self.first.is_some_and(|first| done > first) {
            self.show(done);
        }
        if self.terminal && self.shown.is_some() {
            eprintln!();
        }
    }

    fn show(&mut self, done: u64) {
        let first = self.first.unwrap_or(done);
        let seconds = self.begin.elapsed().as_secs_f64();
        let speed = if seconds > 0.5 { (done.saturating_sub(first)) as f64 / seconds } else { 0.0 };
        let text = line(&self.label, done, self.total, speed, self.terminal);
        // A closed stderr is no reason to stop a download.
        let _ = if self.terminal {
            write!(std::io::stderr(), "\r\x1b[2K{text}")
        } else {
            writeln!(std::io::stderr(), "{text}")
        };
        self.shown = Some(Instant::now());
    }
}

fn line(label: &str, done: u64, total: Option<u64>, speed: f64, bar: bool) -> String {
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let mut text = format!("{label} ");
    match total.filter(|total| *total > 0) {
        Some(total) => {
            // A package is there besides the part that is unpacked from it.
            let done = done.min(total);
            let share = done as f64 / total as f64;
            if bar {
                let full = (share * BAR as f64) as usize;
                text.push_str(&format!("[{}{}] ", "#".repeat(full), ".".repeat(BAR - full)));
            }
            let percent = (share * 100.0).floor();
            text.push_str(&format!(
                "{percent:3}%  {:.1} of {:.1} MB",
                megabytes(done),
                megabytes(total)
            ));
            if speed > 0.0 && done < total {
                let left = Duration::from_secs_f64((total - done) as f64 / speed);
                text.push_str(&format!(", {:.1} MB/s, {} left", speed / 1e6, clock(left)));
            }
        }
        None => text.push_str(&format!("{:.1} MB, {:.1} MB/s", megabytes(done), speed / 1e6)),
    }
    text
}

/// Waits for a program whose stderr is a pipe, showing `done` meanwhile; returns what it said.
pub fn watch(
    mut child: Child,
    progress: &mut Progress,
    done: impl Fn() -> u64,
) -> std::io::Result<(ExitStatus, String)> {
    let pipe = child.stderr.take();
    let reader = std::thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(mut pipe) = pipe {
            // Whatever came before the pipe broke is still worth showing.
            let _ = pipe.read_to_end(&mut said);
        }
        String::from_utf8_lossy(&said).trim().to_owned()
    });
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        progress.at(done());
        std::thread::sleep(Duration::from_millis(50));
    };
    Ok((status, reader.join().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_tells_share_bytes_and_time_left() {
        let text = line("m", 25_000_000, Some(100_000_000), 5e6, false);
        assert_eq!(text, "m  25%  25.0 of 100.0 MB, 5.0 MB/s, 15.0 s left");
        let text = line("m", 100, Some(100), 5e6, true);
        assert!(text.contains("[############################] 100%"), "{text}");
        assert_eq!(line("m", 130, Some(100), 0.0, false), line("m", 100, Some(100), 0.0, false));
        assert_eq!(line("m", 2_000_000, None, 1e6, true), "m 2.0 MB, 1.0 MB/s");
    }
}
