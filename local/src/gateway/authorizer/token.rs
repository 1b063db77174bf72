//! A JSON Web Token in its compact form: `header.claims.signature`, each in base64url without padding.
//! Knows RFC 7515 and RFC 7519 as far as an access token needs them; judges nothing but its form and its signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::sha2::Sha256;
use rsa::signature::Verifier;
use serde_json::{Map, Value};

/// A token taken apart. Nothing in it is to be believed before [`Token::is_signed_by`].
#[derive(Debug)]
pub(super) struct Token<'t> {
    /// `alg` of the header.
    pub algorithm: String,
    /// `kid` of the header.
    pub key_id: Option<String>,
    /// The claims.
    pub claims: Map<String, Value>,
    signed: &'t str,
    signature: Vec<u8>,
}

impl<'t> Token<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// It is not in the compact form: what is wrong with it.
    pub fn parse(text: &'t str) -> Result<Self, &'static str> {
        const FORM: &str = "the token is not header.claims.signature in base64url";
        let (signed, signature) = text.rsplit_once('.').ok_or(FORM)?;
        let (head, claims) = signed.split_once('.').ok_or(FORM)?;
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| FORM);
        let object =
            |part: &str| serde_json::from_slice::<Map<String, Value>>(&bytes(part)?).map_err(|_| FORM);
        let head = object(head)?;
        // A header that calls for an extension nobody knows must be refused (RFC 7515, 4.1.11).
        if head.contains_key("crit") {
            return Err("the token asks for an extension that is unknown here");
        }
        let field = |name: &str| head.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            algorithm: field("alg").unwrap_or_default(),
            key_id: field("kid"),
            claims: object(claims)?,
            signed,
            signature: bytes(signature)?,
        })
    }

    /// Whether the holder of this key signed it.
    pub fn is_signed_by(&self, key: &VerifyingKey<Sha256>) -> bool {
        Signature::try_from(self.signature.as_slice())
            .is_ok_and(|signature| key.verify(self.signed.as_bytes(), &signature).is_ok())
    }
}
