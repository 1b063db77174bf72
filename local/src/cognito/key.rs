//! The issuer's RSA key pair: made once for each data folder, kept beside the data, and never in the repository.
//! Knows RSA and JSON Web Keys (RFC 7517, RFC 7518 section 6.3).

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::rand_core::UnwrapErr;
use rsa::sha2::{Digest, Sha256};
use rsa::signature::{SignatureEncoding, Signer, Verifier};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, RsaPrivateKey, RsaPublicKey};
use serde_json::{Map, Value, json};

/// Bits of the modulus, as Cognito's keys have.
const BITS: usize = 2048;
const FILE: &str = "issuer-key.json";

/// A key pair with its id.
pub struct KeyPair {
    id: String,
    private: SigningKey<Sha256>,
    public: RsaPublicKey,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("id", &self.id).finish_non_exhaustive()
    }
}

impl KeyPair {
    /// Reads the key pair in `folder`, or makes one; without a folder it is gone with the process.
    ///
    /// # Errors
    /// The file is there and cannot be read as a key pair, or a new one cannot be written.
    pub fn open(folder: Option<&Path>) -> Result<Self> {
        let Some(folder) = folder else { return Self::make() };
        let path = folder.join(FILE);
        match std::fs::read(&path) {
            Ok(bytes) => {
                let pair = serde_json::from_slice(&bytes).ok().and_then(|jwk| Self::read(&jwk));
                pair.with_context(|| format!("키 파일이 깨졌다. 지우면 새로 만든다: {}", path.display()))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let pair = Self::make()?;
                pair.write(&path).with_context(|| format!("쓰지 못했다: {}", path.display()))?;
                Ok(pair)
            }
            Err(error) => Err(error).with_context(|| format!("읽지 못했다: {}", path.display())),
        }
    }

    fn make() -> Result<Self> {
        let key =
            RsaPrivateKey::new(&mut UnwrapErr(getrandom::SysRng), BITS).context("RSA 키를 만들지 못했다")?;
        Ok(Self::of(key))
    }

    fn of(key: RsaPrivateKey) -> Self {
        let public = key.to_public_key();
        let digest = Sha256::digest(public.n_bytes());
        Self { id: URL_SAFE_NO_PAD.encode(digest), private: SigningKey::new(key), public }
    }

    /// From a private JSON Web Key.
    fn read(jwk: &Value) -> Option<Self> {
        let number = |name: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(jwk[name].as_str()?).ok()?;
            Some(BoxedUint::from_be_slice_vartime(&bytes))
        };
        RsaPrivateKey::from_p_q(number("p")?, number("q")?, number("e")?).ok().map(Self::of)
    }

    /// Writes a private JSON Web Key that only its owner can read.
    fn write(&self, path: &Path) -> Result<()> {
        let private: &RsaPrivateKey = self.private.as_ref();
        let mut jwk = self.public();
        for (name, prime) in ["p", "q"].into_iter().zip(private.primes()) {
            jwk[name] = URL_SAFE_NO_PAD.encode(prime.to_be_bytes_trimmed_vartime()).into();
        }
        let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(jwk.to_string().as_bytes())?;
        Ok(())
    }

    /// `kid`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public half as a JSON Web Key.
    pub fn public(&self) -> Value {
        json!({
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self.id,
            "n": URL_SAFE_NO_PAD.encode(self.public.n_bytes()),
            "e": URL_SAFE_NO_PAD.encode(self.public.e_bytes()),
        })
    }

    /// What checks this pair's signatures.
    pub fn verifier(&self) -> VerifyingKey<Sha256> {
        VerifyingKey::new(self.public.clone())
    }

    /// A token with these claims, in the compact form; its header is as Cognito's, `kid` and `alg` alone.
    pub fn sign(&self, claims: &Value) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let text = format!("{}.{}", part(&json!({"kid": self.id, "alg": "RS256"})), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.private.sign(text.as_bytes()).to_vec());
        format!("{text}.{signature}")
    }

    /// The claims of a token that [`Self::sign`] of this very pair made; `None` for every other text.
    pub fn claims(&self, token: &str) -> Option<Map<String, Value>> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (head, claims) = signed.split_once('.')?;
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let head: Value = serde_json::from_slice(&bytes(head)?).ok()?;
        if head != json!({"kid": self.id, "alg": "RS256"}) {
            return None;
        }
        let signature = Signature::try_from(bytes(signature)?.as_slice()).ok()?;
        self.verifier().verify(signed.as_bytes(), &signature).ok()?;
        serde_json::from_slice(&bytes(claims)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_keeps_its_pair_to_itself() {
        let folder = tempfile::tempdir().unwrap();
        let first = KeyPair::open(Some(folder.path())).unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let again = KeyPair::open(Some(folder.path())).unwrap();
        assert_eq!((again.id(), again.public()), (first.id(), first.public()));
        let claims = json!({"sub": "s"});
        assert_eq!(again.sign(&claims), first.sign(&claims));
        let token = first.sign(&claims);
        assert_eq!(again.claims(&token).map(Value::Object), Some(claims));
        let changed = token.replacen('.', ".x", 1);
        for text in ["", "..", "a.b.c", "secret", &token[1..], &changed] {
            assert_eq!(first.claims(text), None, "{text}");
        }
        let other = KeyPair::open(None).unwrap();
        assert_ne!(other.id(), first.id());
        assert_eq!(other.claims(&token), None);
        assert!(!format!("{first:?}").contains(first.public()["n"].as_str().unwrap()));

        std::fs::write(&path, "{}").unwrap();
        let message = KeyPair::open(Some(folder.path())).unwrap_err().to_string();
        assert!(message.contains("지우면") && message.contains(FILE), "{message}");
    }
}
