//! Keeps what a random secret stands for (a code, a refresh token, a session) for a while: few of them, and not the secrets.
//! Knows random bytes and digests, and nothing of what it keeps.

use std::collections::VecDeque;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The newest entries, up to a number; each until its time is over.
#[derive(Debug)]
pub(super) struct Vault<T> {
    kept: VecDeque<Kept<T>>,
    most: usize,
}

#[derive(Debug)]
struct Kept<T> {
    digest: [u8; 32],
    until: i64,
    thing: T,
}

/// 256 random bits as 43 characters.
///
/// # Errors
/// The system gives no random bytes.
pub(super) fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

impl<T> Vault<T> {
    /// A vault for at most `most` things.
    pub fn new(most: usize) -> Self {
        Self { kept: VecDeque::new(), most }
    }

    /// Keeps a thing until `until` (seconds since 1970, exclusive) and gives the secret that finds it. When the vault is full,
    /// the oldest thing makes room: whoever holds its secret signs in again.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn put(&mut self, thing: T, until: i64, now: i64) -> Result<String, getrandom::Error> {
        let secret = secret()?;
        self.kept.retain(|kept| kept.until > now);
        if self.kept.len() >= self.most {
            self.kept.pop_front();
        }
        self.kept.push_back(Kept { digest: digest(&secret), until, thing });
        Ok(secret)
    }

    /// What a secret stands for. Every digest is looked at to its end, so that the time tells nothing about any of them.
    pub fn get(&mut self, secret: &str, now: i64) -> Option<&mut T> {
        let wanted = digest(secret);
        let mut found = None;
        for kept in &mut self.kept {
            if bool::from(kept.digest.ct_eq(&wanted)) && kept.until > now {
                found = Some(&mut kept.thing);
            }
        }
        found
    }

    /// Forgets what `keep` does not want.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.kept.retain(|kept| keep(&kept.thing));
    }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_finds_its_thing_until_its_time_is_over() {
        let mut vault = Vault::new(3);
        let one = vault.put("one", 10, 0).unwrap();
        let two = vault.put("two", 20, 0).unwrap();
        assert_eq!(one.len(), 43);
        assert_ne!(one, two);
        assert_eq!(vault.get(&one, 9), Some(&mut "one"));
        assert_eq!(vault.get(&one, 10), None);
        assert_eq!(vault.get(&two, 10), Some(&mut "two"));
        assert_eq!(vault.get("", 0), None);
        vault.retain(|thing| *thing != "two");
        assert_eq!(vault.get(&two, 10), None);
        assert!(!format!("{vault:?}").contains(&one));
    }

    #[test]
    fn it_holds_no_more_than_it_may_and_the_oldest_goes_first() {
        let mut vault = Vault::new(2);
        let secrets: Vec<_> = (0..5).map(|at| vault.put(at, 100, 0).unwrap()).collect();
        let found: Vec<_> = secrets.iter().map(|secret| vault.get(secret, 1).copied()).collect();
        assert_eq!(found, [None, None, None, Some(3), Some(4)]);
        // What is over makes room before anything that is not.
        let mut vault = Vault::new(2);
        let lasting = vault.put(1, 100, 0).unwrap();
        vault.put(2, 5, 0).unwrap();
        vault.put(3, 100, 10).unwrap();
        assert_eq!(vault.get(&lasting, 10), Some(&mut 1));
    }
}
