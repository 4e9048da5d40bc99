//! From a model hub, through the system's curl: resumed where it broke off.

use super::super::catalogue::Model;
use super::super::error::{Error, Result};
use super::progress::{Progress, watch};
use super::{Fetcher, free_bytes, verify};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How often a broken connection is taken up again without a single new byte.
const IDLE_TRIES: u32 = 3;

// curl's exit codes.
const HTTP_ERROR: i32 = 22;
const WRITE_ERROR: i32 = 23;
const NO_RANGES: i32 = 33;
const BROKEN: [i32; 6] = [18, 28, 52, 55, 56, 92];

/// Fetches into the `.part` file; returns it and its checksum.
pub fn fetch(from: &Fetcher, model: &Model, repo: &str, file: &str) -> Result<(PathBuf, String)> {
    let url = format!("{}/{repo}/resolve/main/{file}", from.hub.trim_end_matches('/'));
    let part = from.beside(model, "part");
    println!("from {url}");
    let (bytes, sha256) = match (model.bytes, &model.sha256) {
        (Some(bytes), Some(sum)) => (Some(bytes), Some(sum.clone())),
        (bytes, sum) => {
            let said = ask(from, &url)?;
            if said.bytes.is_none() && bytes.is_none() {
                return Err(Error::Hub { url, reason: "it does not tell the file's size".into() });
            }
            (bytes.or(said.bytes), sum.clone().or(said.sha256))
        }
    };
    if bytes.is_some_and(|bytes| length(&part) > bytes) {
        fs::remove_file(&part).map_err(|e| Error::file(&part, e))?;
    }
    let left = || bytes.map_or(0, |bytes| bytes.saturating_sub(length(&part)));
    from.check_space(left())?;
    let mut progress = Progress::new(&model.id, bytes);
    let done = download(from, &url, &part, bytes, &mut progress);
    progress.finish(length(&part));
    match done {
        Err(Error::NoSpace { folder, free, .. }) => {
            Err(Error::NoSpace { folder, need: left(), free })
        }
        Err(error) => Err(error),
        Ok(()) => verify(&part, bytes, sha256.as_deref()).map(|sum| (part.clone(), sum)),
    }
}

fn download(
    from: &Fetcher,
    url: &str,
    part: &Path,
    bytes: Option<u64>,
    progress: &mut Progress,
) -> Result<()> {
    let mut idle = 0;
    // A .part that has its bytes already would be refused by the server: there is no such range.
    while bytes.is_none_or(|bytes| length(part) < bytes) {
        let before = length(part);
        let mut command = curl(from);
        command.args(["--continue-at", "-", "--output"]).arg(part);
        // A connection that stands still is broken.
        command.args(["--speed-limit", "512", "--speed-time", "30", "--url", url]);
        let child = command.stderr(Stdio::piped()).spawn().map_err(start)?;
        let (status, said) = watch(child, progress, || length(part))
            .map_err(|source| Error::Start { program: "curl".to_owned(), source })?;
        let failed = |reason: String| Err(Error::Hub { url: url.to_owned(), reason });
        match status.code() {
            // Whether it is all that was asked for, the check of size and sum tells.
            Some(0) => return Ok(()),
            // The last block that did not fit may leave some room.
            Some(WRITE_ERROR) if free_bytes(&from.folder).is_none_or(|free| free < 1 << 24) => {
                return Err(Error::NoSpace { folder: from.folder.clone(), need: 0, free: None });
            }
            Some(NO_RANGES) => fs::remove_file(part).map_err(|e| Error::file(part, e))?,
            Some(HTTP_ERROR) => return failed(said),
            Some(code) if BROKEN.contains(&code) => {
                idle = if length(part) > before { 0 } else { idle + 1 };
                if idle == IDLE_TRIES {
                    return failed(format!("{said}; what is there is kept and resumed next time"));
                }
                std::thread::sleep(Duration::from_secs(u64::from(idle)));
            }
            _ => return failed(said),
        }
    }
    Ok(())
}

/// What a hub says of a file.
struct Said {
    bytes: Option<u64>,
    sha256: Option<String>,
}

/// Asks for a file that is not pinned, so that at least a cut or garbled download is noticed.
fn ask(from: &Fetcher, url: &str) -> Result<Said> {
    let output = curl(from).args(["--head", "--url", url]).output().map_err(start)?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::Hub { url: url.to_owned(), reason });
    }
    Ok(headers(&String::from_utf8_lossy(&output.stdout)))
}

/// Reads the answers of all redirects: the hub names size and checksum before it sends elsewhere.
fn headers(text: &str) -> Said {
    let (mut length, mut linked, mut sha256) = (None, None, None);
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim().trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok(),
            "x-linked-size" => linked = value.parse().ok(),
            "x-linked-etag" if value.len() == 64 => sha256 = Some(value.to_owned()),
            _ => {}
        }
    }
    Said { bytes: linked.or(length), sha256 }
}

fn curl(from: &Fetcher) -> Command {
    let protocols = if from.hub.starts_with("http://") { "=http,https" } else { "=https" };
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail", "--location", "--connect-timeout", "8"]);
    command.args(["--proto", protocols, "--proto-redir", protocols]).stdin(Stdio::null());
    command
}

fn start(source: std::io::Error) -> Error {
    if source.kind() == std::io::ErrorKind::NotFound {
        let install = "install the package curl".to_owned();
        return Error::ToolMissing { tool: "curl".to_owned(), install };
    }
    Error::Start { program: "curl".to_owned(), source }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_hubs_own_figures_are_read() {
        let sum = "ab".repeat(32);
        let said = super::headers(&format!(
            "HTTP/2 302\r\nContent-Length: 12\r\nX-Linked-Size: 500\r\nX-Linked-ETag: \"{sum}\"\r\n\
             \r\nHTTP/2 200\r\ncontent-length: 500\r\n"
        ));
        assert_eq!((said.bytes, said.sha256), (Some(500), Some(sum)));
    }
}
