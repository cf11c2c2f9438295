//! Chromium, driven over the `WebDriver` protocol: plain JSON over HTTP to chromedriver. Knows nothing of
//! the page.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Longest wait for one command: a script that waits for something has its own, shorter one.
const COMMAND: Duration = Duration::from_secs(120);

/// The key under which the protocol names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A running chromedriver.
pub struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// Starts one on a port of its own choice.
    pub fn start() -> Result<Self> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting chromedriver")?;
        let stdout = child.stdout.take().context("chromedriver has no output")?;
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let said = lines.find(|line| line.contains("started successfully on port"));
        // Whatever else it says is read and dropped, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let digits = |line: &String| -> Option<u16> {
            let word = line.trim_end_matches('.').rsplit(' ').next()?;
            word.parse().ok()
        };
        let port = said.as_ref().and_then(digits);
        let port = port.context("chromedriver did not say its port")?;
        Ok(Self { child, port })
    }

    /// A fresh browser: no cookies, nothing remembered.
    pub fn browser(&self) -> Result<Browser> {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(COMMAND))
            .http_status_as_error(false)
            .build()
            .into();
        let mut browser = Browser {
            agent,
            base: format!("http://127.0.0.1:{}", self.port),
        };
        let made = browser.post(
            "/session",
            &json!({"capabilities": {"alwaysMatch": {
                "browserName": "chrome",
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                "goog:chromeOptions": {"args": [
                    "--headless=new",
                    // Containers have no user namespaces and a small /dev/shm.
                    "--no-sandbox", "--disable-dev-shm-usage",
                    "--hide-scrollbars", "--lang=en",
                ]},
                "timeouts": {"script": 90_000},
            }}}),
        )?;
        let id = made["sessionId"].as_str().context("no session")?;
        browser.base = format!("{}/session/{id}", browser.base);
        Ok(browser)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Gone already, or it goes now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser with one window.
pub struct Browser {
    agent: ureq::Agent,
    base: String,
}

/// Something on the page.
#[derive(Clone)]
pub struct Element(String);

impl Browser {
    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let mut answer = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .send(body.to_string())?;
        Self::value(path, &answer.body_mut().read_to_string()?)
    }

    fn get(&self, path: &str) -> Result<Value> {
        let mut answer = self.agent.get(format!("{}{path}", self.base)).call()?;
        // Screenshots are larger than the library's usual limit.
        let text = answer.body_mut().with_config().limit(64 << 20);
        Self::value(path, &text.read_to_string()?)
    }

    fn value(path: &str, text: &str) -> Result<Value> {
        let reply: Value = serde_json::from_str(text)?;
        let value = reply["value"].clone();
        if let Some(error) = value["error"].as_str() {
            let message = value["message"].as_str().unwrap_or_default();
            bail!("{path}: {error}: {message}");
        }
        Ok(value)
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&self, url: &str) -> Result<()> {
        self.post("/url", &json!({ "url": url })).map(drop)
    }

    /// Runs the body of a function in the page.
    pub fn run(&self, script: &str) -> Result<Value> {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Runs the body of a function whose last argument takes the answer.
    pub fn run_async(&self, script: &str) -> Result<Value> {
        self.post("/execute/async", &json!({"script": script, "args": []}))
    }

    /// Waits until an expression is true in the page, and returns its value.
    pub fn wait(&self, within: Duration, expression: &str) -> Result<Value> {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             const until = performance.now() + {};
             const look = () => {{
               let got = null;
               try {{ got = ({expression}); }} catch (error) {{ got = null; }}
               if (got) done(got);
               else if (performance.now() > until) done(null);
               else setTimeout(look, 30);
             }};
             look();",
            within.as_millis()
        );
        let got = self.run_async(&script)?;
        if got.is_null() {
            let text = self.run("return document.body.innerText")?;
            bail!(
                "not within {within:?}: {expression}\nThe page says:\n{}",
                text.as_str().unwrap_or_default()
            );
        }
        Ok(got)
    }

    /// The one element an `XPath` expression finds.
    pub fn find(&self, xpath: &str) -> Result<Element> {
        let found = self.post("/elements", &json!({"using": "xpath", "value": xpath}))?;
        let found = found.as_array().context("no list")?;
        ensure!(found.len() == 1, "{} elements are {xpath}", found.len());
        let id = found[0][ELEMENT].as_str().context("no element")?;
        Ok(Element(id.to_owned()))
    }

    /// Clicks in the middle of it, where nothing may lie over it.
    pub fn click(&self, element: &Element) -> Result<()> {
        self.post(&format!("/element/{}/click", element.0), &json!({}))
            .map(drop)
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub fn keys(&self, keys: &[char], shift: bool) -> Result<()> {
        let mut actions = Vec::new();
        let key = |kind: &str, key: char| json!({"type": kind, "value": key.to_string()});
        let shift = shift.then_some('\u{E008}');
        actions.extend(shift.map(|shift| key("keyDown", shift)));
        for &each in keys {
            actions.push(key("keyDown", each));
            actions.push(key("keyUp", each));
        }
        actions.extend(shift.map(|shift| key("keyUp", shift)));
        let source = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.post("/actions", &json!({ "actions": [source] }))
            .map(drop)
    }

    /// A command of Chromium's own protocol.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Result<Value> {
        let body = json!({"cmd": command, "params": parameters});
        self.post("/goog/cdp/execute", &body)
    }

    /// What can be seen, as a PNG.
    pub fn screenshot(&self) -> Result<Vec<u8>> {
        let text = self.get("/screenshot")?;
        Ok(STANDARD.decode(text.as_str().context("no picture")?)?)
    }

    /// The same, into a file.
    pub fn shoot(&self, file: &Path) -> Result<Vec<u8>> {
        let png = self.screenshot()?;
        std::fs::write(file, &png)?;
        Ok(png)
    }

    /// What was logged since the last look: `browser` (the console) or `performance` (the network).
    pub fn log(&self, kind: &str) -> Result<Vec<Value>> {
        let lines = self.post("/se/log", &json!({ "type": kind }))?;
        Ok(lines.as_array().cloned().unwrap_or_default())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browsers when it ends; this is only sooner.
        let _ = self.agent.delete(&self.base).call();
    }
}
