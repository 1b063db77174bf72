//! A reader makes an account, signs in on the hosted page and gets tokens.
//! Knows OAuth's code flow with PKCE (RFC 7636) as the page's script does it.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::{Deployed, random_letters};
use crate::viewer::{Seen, Viewer};

const NAME: &str = "reader";
const SCOPES: &str = "openid book/users";

/// What a signed-in reader's page holds.
pub struct Tokens {
    /// Says what the reader may do.
    pub access: String,
    /// Says who the reader is; no key to anything.
    pub id: String,
}

struct Flow<'a> {
    page: &'a Viewer,
    client: &'a str,
    back: String,
    state: String,
    verifier: String,
}

impl Flow<'_> {
    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier))
    }

    fn request(&self) -> [(&str, String); 7] {
        [
            ("response_type", "code".into()),
            ("client_id", self.client.into()),
            ("redirect_uri", self.back.clone()),
            ("scope", SCOPES.into()),
            ("state", self.state.clone()),
            ("code_challenge", self.challenge()),
            ("code_challenge_method", "S256".into()),
        ]
    }

    /// The sign-in page.
    fn authorize(&self, back: &str) -> Result<Seen> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.request() {
            query.append_pair(name, if name == "redirect_uri" { back } else { &value });
        }
        self.page.get(&format!("/oauth2/authorize?{}", query.finish()), &[])
    }

    /// Name and password on the page: the code a browser is sent back with.
    fn code(&self, password: &str) -> Result<String> {
        let request = self.request();
        let mut form: Vec<_> = request.iter().map(|(name, value)| (*name, value.as_str())).collect();
        form.extend([("username", NAME), ("password", password)]);
        let sent = self.page.post("/login", &form)?.status(302)?;
        let location = sent.header("location");
        let query = location.strip_prefix(&format!("{}?", self.back)).context("다른 곳으로 보낸다")?;
        let field = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        ensure!(
            field("state").as_deref() == Some(self.state.as_str()),
            "state가 돌아오지 않았다: {location}"
        );
        field("code").with_context(|| format!("code가 없다: {location}"))
    }

    fn exchange(&self, code: &str, verifier: &str) -> Result<Seen> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", self.client),
            ("code", code),
            ("redirect_uri", &self.back),
            ("code_verifier", verifier),
        ];
        self.page.post("/oauth2/token", &form)
    }
}

/// Makes an account as a reader does: the trigger confirms it and counts it.
fn sign_up(deployed: &Deployed, client: &str, password: &str) -> Result<()> {
    let (stack, aws) = (&deployed.stack, &deployed.aws);
    let ask = |name: &str, more: &[&str]| {
        let account =
            ["cognito-idp", "sign-up", "--client-id", client, "--username", name, "--password", password];
        aws.json(&[&account[..], more].concat())
    };
    let mail = ["--user-attributes", "Name=email,Value=reader@example.com"];
    let refused = ask("with-mail", &mail).err().context("주소를 적은 가입이 통했다")?.to_string();
    ensure!(refused.contains("UserLambdaValidationException"), "{refused}");
    let answer = ask(NAME, &[])?;
    ensure!(answer["UserConfirmed"] == true, "트리거가 가입을 확인하지 않았다: {answer}");
    let count = aws.json(&["dynamodb", "scan", "--table-name", &stack.physical(aws, "SignUpTable")?])?;
    ensure!(count["Items"][0]["count"]["N"] == "1", "가입을 세지 않았다: {count}");
    Ok(())
}

/// Signs a new reader in on the page.
pub fn sign_in(deployed: &Deployed, page: &Viewer) -> Result<(Tokens, String)> {
    let stack = &deployed.stack;
    let client = stack.output("SignInClient")?;
    let password = format!("{}-A1", random_letters()?);
    sign_up(deployed, client, &password)?;

    let flow = Flow {
        page,
        client,
        back: format!("{}/signed-in.html", stack.output("SiteUrl")?),
        state: random_letters()?,
        verifier: format!("{}{}", random_letters()?, random_letters()?),
    };
    flow.authorize(&flow.back)?.status(200)?;
    flow.authorize("https://elsewhere.invalid/")?.status(400)?;
    let code = flow.code(&password)?;
    flow.exchange(&code, &"x".repeat(64))?.status(400)?;
    let code = flow.code(&password)?;
    let answer = flow.exchange(&code, &flow.verifier)?.status(200)?.json()?;
    flow.exchange(&code, &flow.verifier)?.status(400)?;
    let token = |name: &str| answer[name].as_str().map(str::to_owned).with_context(|| name.to_owned());
    let tokens = Tokens { access: token("access_token")?, id: token("id_token")? };
    let seen =
        "트리거가 메일 없이 확인하고 센다. 등록하지 않은 주소, 틀린 verifier, 두 번 쓴 code는 거절된다";
    Ok((tokens, seen.into()))
}

/// Which token opens a signed-in route.
pub fn tokens(deployed: &Deployed, tokens: &Tokens) -> Result<String> {
    let ask =
        |token: &str| deployed.viewer.get("/api/me/users", &[("authorization", &format!("Bearer {token}"))]);
    ask(&tokens.access)?.status(200)?;
    // It has the right audience and no scope.
    ask(&tokens.id)?.status(403)?;
    let claims = tokens.access.split('.').nth(1).context("JWT")?;
    let claims: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
    let issuer = deployed.stack.output("SignInIssuer")?;
    ensure!(claims["iss"] == issuer, "발급자가 출력과 다르다: {} / {issuer}", claims["iss"]);
    Ok(format!("액세스 토큰 200, ID 토큰 403; 발급자는 출력 그대로다 ({issuer})"))
}
