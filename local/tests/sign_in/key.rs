//! Keys whose private half the tests hold: whoever has one can put anything under its signature.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local::cognito::KeyPair;
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::rand_core::UnwrapErr;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PrivateKeyParts;
use serde_json::{Value, json};

/// An RSA key pair, and the folder in which an issuer finds it.
pub struct Key {
    signing: SigningKey<Sha256>,
    pub folder: tempfile::TempDir,
    pub id: String,
    public: Value,
}

/// Making one takes a while, so there is one issuer's key for all tests, and one of a stranger.
pub static KEY: LazyLock<Key> = LazyLock::new(Key::make);
pub static STRANGER: LazyLock<Key> = LazyLock::new(Key::make);

impl Key {
    fn make() -> Self {
        let private = RsaPrivateKey::new(&mut UnwrapErr(getrandom::SysRng), 2048).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let primes: Vec<_> =
            private.primes().iter().map(|prime| number(&prime.to_be_bytes_trimmed_vartime())).collect();
        let jwk = json!({"kty": "RSA", "p": primes[0], "q": primes[1], "e": "AQAB"});
        std::fs::write(folder.path().join("issuer-key.json"), jwk.to_string()).unwrap();
        let pair = KeyPair::open(Some(folder.path())).unwrap();
        Self { signing: SigningKey::new(private), folder, id: pair.id().to_owned(), public: pair.public() }
    }

    pub fn encode(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The public half as a JSON Web Key.
    pub fn public(&self) -> Value {
        self.public.clone()
    }

    /// Signs `text` with RS256.
    pub fn signature(&self, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.signing.sign(text.as_bytes()).to_vec())
    }

    /// A token with exactly this header and these claims, rightly signed.
    pub fn token(&self, head: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", part(head), part(claims));
        format!("{text}.{}", self.signature(&text))
    }
}

pub fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// The claims of a token, unchecked.
pub fn claims(token: &Value) -> Value {
    let claims = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}
