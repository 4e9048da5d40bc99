//! Why no remote model can be made of some settings.

/// Why settings can't be used. Nothing was sent yet. No text of it holds a key.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// There is no server in them.
    #[error("no server is named; set DRAMATURG_BASE_URL, for example to http://127.0.0.1:8080/v1")]
    NoEndpoint,
    /// Not a URL of http.
    #[error(
        "'{url}' is not the address of a server ({reason}); it looks like http://127.0.0.1:8080/v1"
    )]
    BadUrl {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Plain http to another machine.
    #[error(
        "http://{0} is another machine, and plain http can be read on the way, the key too; use https, or set \
         DRAMATURG_ALLOW_PLAIN_HTTP=1 if the network is yours"
    )]
    PlainHttp(String),
    /// A user or a password in the URL.
    #[error(
        "the address of {0} holds a user name or a password; take it out and put the key into DRAMATURG_API_KEY"
    )]
    KeyInUrl(String),
    /// The key is not where it should be.
    #[error("there is no key in {0}")]
    KeyMissing(String),
    /// The key can't be sent.
    #[error("the key for {0} holds characters that can't be sent; copy it again")]
    KeyUnusable(String),
    /// The key ring fails.
    #[error("the key ring can't be read: {0}")]
    KeyRing(String),
    /// The HTTP client can't be made.
    #[error("no HTTPS client can be made: {0}")]
    Client(String),
    /// No thread or no runtime.
    #[error("no thread can be started for the network: {0}")]
    Thread(#[from] std::io::Error),
}
