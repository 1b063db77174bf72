//! An open page of the fixture book, spoken to in the words of a reader: run, read what is said, type.
//! Knows the WebDriver client.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use webdriver::{Driver, Session};

/// Longest time anything on a page may take; generous, because the machine may be busy.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A page in a browser of its own.
pub struct Page<'d> {
    pub session: Session<'d>,
}

/// Starts a driver, unless browsers are to be left out.
pub fn driver() -> Result<Option<Driver>> {
    if webdriver::skip_browser() {
        return Ok(None);
    }
    Driver::start().map(Some)
}

/// One check of a group.
pub type Check = fn(&Page<'_>) -> Result<()>;

/// Runs checks one after the other in one browser, because starting one costs more than most checks. Each begins with
/// [`Page::fresh`], so none knows of the one before.
pub fn in_one_browser(checks: &[(&str, Check)]) -> Result<()> {
    let Some(driver) = driver()? else {
        return Ok(());
    };
    let page = Page::open(&driver, "about:blank")?;
    for (name, check) in checks {
        // Shown when the check panics; an error carries its name itself.
        println!("{name}");
        check(&page).with_context(|| (*name).to_owned())?;
    }
    Ok(())
}

/// The selector of a part of a block.
pub fn part(id: &str, css: &str) -> String {
    format!("#live-{id} {css}")
}

impl<'d> Page<'d> {
    /// Opens an address in a fresh browser.
    pub fn open(driver: &'d Driver, url: &str) -> Result<Self> {
        let session = driver.session()?;
        session.viewport(1280, 900)?;
        let page = Self { session };
        page.goto(url)?;
        Ok(page)
    }

    /// Opens an address as a new reader: nothing kept, nothing in the console, a wide window.
    pub fn fresh(&self, url: &str) -> Result<()> {
        self.session.viewport(1280, 900)?;
        self.goto(url)?;
        self.session.script("localStorage.clear(); sessionStorage.clear()", &[])?;
        self.goto(url)?;
        self.session.console()?;
        Ok(())
    }

    /// Opens another address in the same browser.
    pub fn goto(&self, url: &str) -> Result<()> {
        self.session.goto(url)
    }

    /// Presses the block's first button and waits for the end; what was said then.
    pub fn run(&self, id: &str) -> Result<String> {
        self.press(id, "실행")?;
        self.idle(id)
    }

    /// Presses the button with this label.
    pub fn press(&self, id: &str, label: &str) -> Result<()> {
        let found = self.session.script(
            "const all = [...document.querySelectorAll(`#live-${arguments[0]} button`)];
             const found = all.find(button => button.textContent === arguments[1]);
             found?.scrollIntoView({ block: 'center' });
             return found ? all.indexOf(found) : all.map(button => button.textContent)",
            &[json!(id), json!(label)],
        )?;
        if !found.is_number() {
            bail!("block {id} has no button «{label}», only {found}");
        }
        let click = "document.querySelectorAll(`#live-${arguments[0]} button`)[arguments[1]]";
        let button = self
            .session
            .script(&format!("{click}.dataset.pressed = 1; return 0"), &[json!(id), found.clone()]);
        button?;
        let clicked = self.session.click(&part(id, "button[data-pressed]"));
        self.session.script(&format!("delete {click}?.dataset.pressed"), &[json!(id), found])?;
        clicked
    }

    /// Waits until the block neither sends nor waits, and gives back what it says.
    pub fn idle(&self, id: &str) -> Result<String> {
        let condition = format!(
            "(block => !block.ariaBusy && block.querySelector('.live-say').textContent)
             (document.querySelector('#live-{id} live-request'))"
        );
        let said = self.session.wait_until(&condition, LIMIT)?;
        Ok(said.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until what the block says begins so, and gives all of it back: for what does not make the block itself busy, as
    /// copying or the steps before.
    pub fn says(&self, id: &str, beginning: &str) -> Result<String> {
        let css = part(id, ".live-say");
        let said = format!("document.querySelector('{css}').textContent");
        let condition = format!("{said}.startsWith({}) && {said}", json!(beginning));
        let found = self.session.wait_until(&condition, LIMIT);
        let found = found.with_context(|| format!("block {id} says {:?}", self.text(&css)))?;
        Ok(found.as_str().unwrap_or_default().to_owned())
    }

    /// The text of the first element a selector finds, hidden or not.
    pub fn text(&self, css: &str) -> Result<String> {
        let text =
            self.session.script("return document.querySelector(arguments[0]).textContent", &[json!(css)])?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// The text of every element a selector finds.
    pub fn texts(&self, css: &str) -> Result<Vec<String>> {
        let texts = self.session.script(
            "return [...document.querySelectorAll(arguments[0])].map(element => element.textContent)",
            &[json!(css)],
        )?;
        Ok(serde_json::from_value(texts)?)
    }

    /// Whether a reader sees the first element a selector finds.
    pub fn visible(&self, css: &str) -> Result<bool> {
        let visible = self.session.script(
            "return !!document.querySelector(arguments[0])?.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })",
            &[json!(css)],
        )?;
        Ok(visible == true)
    }

    /// Waits until an element is visible: what a fold or another medium lays out appears with the next frame.
    pub fn appears(&self, css: &str) -> Result<()> {
        let visible = "checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })";
        self.session.wait_until(&format!("document.querySelector(`{css}`)?.{visible}"), LIMIT).map(drop)
    }

    /// Shows the page as it would be printed (`print`), or as on the screen again (empty), and waits until it is drawn so.
    pub fn media(&self, media: &str) -> Result<()> {
        self.session.cdp("Emulation.setEmulatedMedia", json!({ "media": media }))?;
        let drawn = "for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame); return true";
        self.session.script_async(drawn, &[]).map(drop)
    }

    /// Replaces the text of the block's editor as if it had been typed.
    pub fn edit(&self, id: &str, text: &str) -> Result<()> {
        self.session
            .script(
                "const editor = document.querySelector(`#live-${arguments[0]} textarea`);
                 editor.value = arguments[1];
                 editor.dispatchEvent(new Event('input', { bubbles: true }))",
                &[json!(id), json!(text)],
            )
            .map(drop)
    }

    /// The text of the block's editor.
    pub fn edited(&self, id: &str) -> Result<String> {
        let value = self
            .session
            .script("return document.querySelector(arguments[0]).value", &[json!(part(id, "textarea"))])?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// The reader's random key, as the page keeps it.
    pub fn visitor(&self) -> Result<String> {
        let found = self.session.script(
            "return JSON.parse(Object.entries(localStorage).find(([key]) => key.endsWith('x-visitor'))[1])",
            &[],
        )?;
        Ok(found.as_str().unwrap_or_default().to_owned())
    }

    /// Fails when the console carries an error that none of the expected texts explains.
    pub fn console_is_clean(&self, expected: &[&str]) -> Result<()> {
        for entry in self.session.console()? {
            let known = expected.iter().any(|text| entry.message.contains(text));
            if entry.level == "SEVERE" && !known {
                bail!("the console says: {}", entry.message);
            }
        }
        Ok(())
    }

    /// Switches one of mdBook's themes on by its own menu.
    pub fn theme(&self, name: &str) -> Result<()> {
        self.session
            .script("document.getElementById(`mdbook-theme-${arguments[0]}`).click()", &[json!(name)])?;
        // Colours change over a moment; what is measured is the end of it.
        let on = format!(
            "document.documentElement.classList.contains('{name}')
                && !document.getAnimations().some(one => one.playState === 'running' && one.effect.target?.closest('main'))"
        );
        self.session.wait_until(&on, LIMIT).map(drop)
    }

    /// A value computed in the page.
    pub fn value(&self, expression: &str) -> Result<Value> {
        self.session.script(&format!("return {expression}"), &[])
    }
}
