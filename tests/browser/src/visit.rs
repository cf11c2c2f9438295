//! A visit to the page in one look (width and colours): what is found by the words a person reads,
//! clicked, typed, waited for and photographed.

use std::cell::Cell;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::driver::{Browser, Element};

/// How often a button that was renewed meanwhile is looked for.
const LOOKS: u32 = 5;

/// Longest wait for the page to show something. The box answers in milliseconds; linking takes seconds,
/// and the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(45);

/// The Tab key.
pub const TAB: char = '\u{E004}';
/// The Enter key.
pub const ENTER: char = '\u{E007}';
/// The Escape key.
pub const ESCAPE: char = '\u{E00C}';
/// The Backspace key.
pub const BACKSPACE: char = '\u{E003}';

/// Width and colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    phone: bool,
    dark: bool,
}

impl Look {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::new(true, false),
        Self::new(true, true),
        Self::new(false, false),
        Self::new(false, true),
    ];

    const fn new(phone: bool, dark: bool) -> Self {
        Self { phone, dark }
    }

    fn size(self) -> (u32, u32) {
        if self.phone { (390, 844) } else { (1280, 800) }
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.dark { "dark" } else { "light" };
        write!(f, "{}-{scheme}", self.size().0)
    }
}

/// A browser on the page.
pub struct Visit<'d> {
    pub browser: Browser,
    folder: &'d std::path::Path,
    look: Look,
    origin: String,
    steps: Cell<u32>,
    requests: Cell<u32>,
}

impl<'d> Visit<'d> {
    /// Opens the page in `browser`.
    pub fn begin(
        browser: Browser,
        look: Look,
        page: SocketAddr,
        folder: &'d std::path::Path,
    ) -> Result<Self> {
        let (width, height) = look.size();
        let scale = if look.phone { 2 } else { 1 };
        browser.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": scale,
                    "mobile": look.phone}),
        )?;
        let scheme = if look.dark { "dark" } else { "light" };
        browser.devtools(
            "Emulation.setEmulatedMedia",
            &json!({"features": [
                {"name": "prefers-color-scheme", "value": scheme},
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ]}),
        )?;
        let origin = format!("http://{page}");
        browser.open(&format!("{origin}/"))?;
        // Gone if the page is loaded anew.
        browser.run("window.neverReloaded = true; return null")?;
        Ok(Self {
            browser,
            folder,
            look,
            origin,
            steps: Cell::new(0),
            requests: Cell::new(0),
        })
    }

    /// The same visit, whose pictures are numbered on from those of another.
    pub fn going_on_from(self, other: &Visit<'_>) -> Self {
        self.steps.set(other.steps());
        self
    }

    /// Where the page is, as `http://127.0.0.1:1234`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Steps photographed so far.
    pub fn steps(&self) -> u32 {
        self.steps.get()
    }

    /// Counts requests that were looked at.
    pub fn count_requests(&self, more: u32) {
        self.requests.set(self.requests.get() + more);
    }

    /// Requests that were looked at so far.
    pub fn requests(&self) -> u32 {
        self.requests.get()
    }

    /// Photographs what can be seen, as the next step. Nothing may stick out sideways.
    pub fn shoot(&self, step: &str) -> Result<Vec<u8>> {
        let at = self.steps.get() + 1;
        self.steps.set(at);
        let file: PathBuf = self
            .folder
            .join(format!("{}-{at:02}-{step}.png", self.look));
        let png = self.browser.shoot(&file)?;
        let wide = "return document.documentElement.scrollWidth > innerWidth";
        ensure!(
            self.browser.run(wide)? == json!(false),
            "{step}: the page is wider than the window"
        );
        Ok(png)
    }

    /// Waits until an expression is true in the page.
    pub fn wait(&self, expression: &str) -> Result<Value> {
        self.browser.wait(PATIENCE, expression)
    }

    /// Waits until the card of an account has this word on its badge.
    pub fn wait_badge(&self, label: &str, words: &str) -> Result<()> {
        let badge = format!("{}.querySelector('.badge-text').textContent", card(label));
        self.wait(&format!("{badge} === {}", json!(words)))
            .map(drop)
    }

    /// Waits until the webhook of that name has this word on its badge.
    pub fn wait_hook(&self, name: &str, words: &str) -> Result<()> {
        self.wait(&format!(
            "[...document.querySelectorAll('.hook')].some((hook) =>
               hook.querySelector('.hook-name').textContent === {}
               && hook.querySelector('.badge-text').textContent === {})",
            json!(name),
            json!(words)
        ))
        .map(drop)
    }

    /// Waits until a message stands in the card of an account, with these words on how far it is.
    pub fn wait_message(&self, label: &str, text: &str, state: &str) -> Result<()> {
        self.wait(&format!(
            "[...{}.querySelectorAll('.message')].some((row) =>
               row.querySelector('.message-text').textContent === {}
               && row.querySelector('.message-state').textContent.includes({}))",
            card(label),
            json!(text),
            json!(state)
        ))
        .map(drop)
    }

    /// Waits until a complaint stands at the field with this id, for eyes and screen readers.
    pub fn wait_blamed(&self, id: &str) -> Result<()> {
        self.wait(&format!(
            "(() => {{
               const field = document.getElementById({});
               const said = field.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id));
               return field.getAttribute('aria-invalid') === 'true' && document.activeElement === field
                 && said.some((one) => one.matches('.refusal') && one.checkVisibility());
             }})()",
            json!(id)
        ))
        .map(drop)
    }

    /// Clicks one of a group of choices in the open dialog.
    pub fn choose(&self, name: &str, value: &str) -> Result<()> {
        let choice = self.browser.find(&format!(
            "//dialog[@open]//input[@name={}][@value={}]",
            quoted(name),
            quoted(value)
        ))?;
        self.browser.click(&choice)
    }

    /// Clicks the button with these words: in the open dialog if there is one, else in the card of
    /// `label`, else wherever it is.
    pub fn click(&self, label: Option<&str>, words: &str) -> Result<()> {
        for again in (0..LOOKS).rev() {
            let button = self.button(label, words)?;
            match self.browser.click(&button) {
                // A list that is renewed has another button in its place: whoever looks sees no other.
                Err(error) if again > 0 && format!("{error:#}").contains("stale element") => {}
                done => return done.with_context(|| format!("clicking {words:?}")),
            }
        }
        Ok(())
    }

    fn button(&self, label: Option<&str>, words: &str) -> Result<Element> {
        let dialog = self
            .browser
            .run("return Boolean(document.querySelector('dialog[open]'))")?;
        let place = match label {
            // The last opened one lies on top, and comes last of those that lie below others.
            _ if dialog == json!(true) => self.top_dialog()?,
            Some(label) => format!(
                "//*[self::article[.//h2[normalize-space()={name}]]
                     or self::li[@class='hook'][.//h3[normalize-space()={name}]]]",
                name = quoted(label)
            ),
            None => "//body".to_owned(),
        };
        self.browser.find(&format!(
            "{place}//button[normalize-space()={}][not(ancestor-or-self::*[@hidden])]\
             [not(ancestor::dialog[not(@open)])]",
            quoted(words)
        ))
    }

    fn top_dialog(&self) -> Result<String> {
        let id = self.browser.run(
            "return document.activeElement.closest('dialog')?.id
                 || [...document.querySelectorAll('dialog[open]')].pop().id",
        )?;
        let id = id.as_str().context("a dialog without an id")?;
        Ok(format!("//dialog[@id={}]", quoted(id)))
    }

    /// Waits until the dialog with this title is open.
    pub fn wait_dialog(&self, title: &str) -> Result<()> {
        self.wait(&format!(
            "[...document.querySelectorAll('dialog[open] h2')].some((h) => h.textContent === {})",
            json!(title)
        ))
        .map(drop)
    }

    /// Waits until no dialog is open.
    pub fn wait_no_dialog(&self) -> Result<()> {
        self.wait("!document.querySelector('dialog[open]')")
            .map(drop)
    }

    /// Clicks on a field and types into it, in place of what stood there.
    pub fn fill(&self, id: &str, text: &str) -> Result<()> {
        let field = self.browser.find(&format!("//*[@id={}]", quoted(id)))?;
        self.browser.click(&field)?;
        self.browser.run(&format!(
            "document.getElementById({}).select(); return null",
            json!(id)
        ))?;
        self.type_text(text)
    }

    /// Types where the focus is.
    pub fn type_text(&self, text: &str) -> Result<()> {
        let keys: Vec<char> = text.chars().collect();
        self.browser.keys(&keys, false)
    }

    /// Presses one key.
    pub fn key(&self, key: char) -> Result<()> {
        self.browser.keys(&[key], false)
    }

    /// Goes on with the Tab key until the element with these words (or this id) has the focus.
    pub fn tab_to(&self, words: &str) -> Result<()> {
        let mut passed = Vec::new();
        for _ in 0..60 {
            let here = self.focused()?;
            if here == words {
                return Ok(());
            }
            passed.push(here);
            self.key(TAB)?;
        }
        anyhow::bail!("the Tab key never comes to {words:?}, it went over {passed:?}")
    }

    /// What has the focus: its id where it is a field, its words otherwise.
    pub fn focused(&self) -> Result<String> {
        let words = self.browser.run(
            "const at = document.activeElement;
             if (at.matches('input, select, textarea')) return at.id || at.value;
             return at === document.body ? '' : at.textContent.trim().slice(0, 60);",
        )?;
        Ok(words.as_str().unwrap_or_default().to_owned())
    }

    /// All text of the page as a person sees it, and everything else a program finds in it.
    pub fn everything(&self) -> Result<String> {
        let all = self.browser.run(
            "return document.documentElement.outerHTML + JSON.stringify(window.status ?? '')",
        )?;
        Ok(all.as_str().unwrap_or_default().to_owned())
    }

    /// The page is still the one that was opened at the beginning.
    pub fn never_reloaded(&self) -> Result<()> {
        let same = self.browser.run("return window.neverReloaded === true")?;
        ensure!(same == json!(true), "the page was loaded anew");
        Ok(())
    }
}

/// The card of an account, as JavaScript.
pub fn card(label: &str) -> String {
    format!(
        "[...document.querySelectorAll('.card')].find((card) => \
         card.querySelector('.label').textContent === {})",
        json!(label)
    )
}

/// A text in `XPath`, which has no escapes.
fn quoted(text: &str) -> String {
    if text.contains('\'') {
        format!("\"{text}\"")
    } else {
        format!("'{text}'")
    }
}
