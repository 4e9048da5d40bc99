//! Which addresses may be asked.

use super::RemoteError;
use reqwest::Url;

/// Checks an address before anything is sent to it.
pub(crate) fn address(text: &str, allow_plain_http: bool) -> Result<Url, RemoteError> {
    let bad = |reason: String| RemoteError::BadUrl { url: shown(text).to_owned(), reason };
    let url = Url::parse(text.trim()).map_err(|e| bad(e.to_string()))?;
    let host = url.host_str().ok_or_else(|| bad("it names no host".into()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RemoteError::KeyInUrl(host.to_owned()));
    }
    match url.scheme() {
        "https" => {}
        "http" if allow_plain_http || is_loopback(host) => {}
        "http" => return Err(RemoteError::PlainHttp(host.to_owned())),
        other => return Err(bad(format!("{other} is not http"))),
    }
    Ok(url)
}

/// As much of an address as may be shown: one with an @ may hold a password, one with a question mark a key.
pub(crate) fn shown(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    if url.contains('@') { "(not shown: it may hold a key)" } else { url }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let name = host == "localhost" || host.ends_with(".localhost");
    name || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_only_to_this_machine() {
        for url in [
            "http://127.0.0.1:8080/v1",
            "http://localhost/v1",
            "http://[::1]:1/v1",
            "https://a.example/v1",
        ] {
            assert!(address(url, false).is_ok(), "{url}");
        }
        for url in ["http://a.example/v1", "http://127.0.0.1.a.example/v1", "http://192.168.1.4/v1"]
        {
            assert!(matches!(address(url, false), Err(RemoteError::PlainHttp(_))), "{url}");
            assert!(address(url, true).is_ok(), "{url}");
        }
    }

    #[test]
    fn bad_addresses_say_what_is_wrong_and_show_no_key() {
        for url in [
            "",
            "nonsense",
            "ftp://a/v1",
            "https://me:hush@a/v1",
            "h ttp://hush@a",
            "file:///x?k=hush",
        ] {
            let error = address(url, true).unwrap_err().to_string();
            assert!(!error.contains("hush") && error.len() > 20, "{error}");
        }
    }
}
