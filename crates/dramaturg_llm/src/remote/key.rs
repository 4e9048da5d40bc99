//! Where a server's key is kept. It is read once, lives in memory that is wiped, and is printed nowhere.

use super::RemoteError;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Where the key of a server is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub enum Key {
    /// It needs none.
    #[default]
    None,
    /// In this variable of the environment.
    Env(String),
    /// In the system's key ring (needs the cargo feature `keyring`).
    Ring {
        /// For which service it is kept there.
        service: String,
        /// For which user of it.
        user: String,
    },
    /// Here. Can't be written to a file or read from one.
    #[serde(skip)]
    Given(SecretString),
}

/// Keys themselves are never compared.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Env(one), Self::Env(other)) => one == other,
            (Self::Ring { service, user }, Self::Ring { service: s, user: u }) => {
                (service, user) == (s, u)
            }
            _ => false,
        }
    }
}

impl Key {
    /// A key that the program has got from somewhere else.
    pub fn given(key: impl Into<String>) -> Self {
        Self::Given(SecretString::from(key.into()))
    }

    pub(super) fn read(&self) -> Result<Option<SecretString>, RemoteError> {
        let key = match self {
            Self::None => return Ok(None),
            Self::Given(key) => key.clone(),
            Self::Env(name) => std::env::var(name)
                .map(SecretString::from)
                .map_err(|_| RemoteError::KeyMissing(format!("the variable {name}")))?,
            Self::Ring { service, user } => from_ring(service, user)?,
        };
        // A line end is what `echo` leaves behind a key.
        let key = SecretString::from(key.expose_secret().trim().to_owned());
        Ok((!key.expose_secret().is_empty()).then_some(key))
    }
}

#[cfg(feature = "keyring")]
fn from_ring(service: &str, user: &str) -> Result<SecretString, RemoteError> {
    let wanted = || format!("the key ring (service '{service}', user '{user}')");
    let entry = keyring::Entry::new(service, user);
    match entry.and_then(|entry| entry.get_password()) {
        Ok(key) => Ok(SecretString::from(key)),
        Err(keyring::Error::NoEntry) => Err(RemoteError::KeyMissing(wanted())),
        Err(error) => Err(RemoteError::KeyRing(error.to_string())),
    }
}

#[cfg(not(feature = "keyring"))]
fn from_ring(_: &str, _: &str) -> Result<SecretString, RemoteError> {
    Err(RemoteError::KeyRing("this program was built without the feature `keyring`".into()))
}

/// Takes a key out of a text that a server wrote: some say the key again when they refuse it.
pub(super) fn without_key(text: &str, key: Option<&SecretString>) -> String {
    match key.map(ExposeSecret::expose_secret).filter(|key| !key.is_empty()) {
        Some(key) => text.replace(key, "(key)"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_key() {
        assert!(!format!("{:?}", Key::given("hush-hush")).contains("hush"));
    }

    #[test]
    fn a_key_is_never_written_to_a_file() {
        assert!(ron::to_string(&Key::given("hush-hush")).is_err());
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = Key::Env("DRAMATURG_NO_SUCH_KEY".into()).read().unwrap_err();
        assert!(error.to_string().contains("DRAMATURG_NO_SUCH_KEY"), "{error}");
    }

    #[test]
    fn line_ends_are_cut_and_nothing_is_no_key() {
        let key = Key::given("hush\n").read().unwrap().unwrap();
        assert_eq!(key.expose_secret(), "hush");
        assert!(Key::given(" ").read().unwrap().is_none());
    }

    #[test]
    fn a_key_said_again_is_taken_out() {
        let key = SecretString::from("hush".to_owned());
        assert_eq!(without_key("wrong key: hush!", Some(&key)), "wrong key: (key)!");
    }
}
