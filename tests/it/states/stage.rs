//! Where a row is played: one box with its bench, and its four faces.

use std::process::Command;
use std::time::Duration;

use pairbox_rig::power::PoweredBox;
use serde_json::Value;

use crate::stories::scene::{OWNER, PATIENCE, Scene};

/// What the box is expected to say, everywhere at once.
#[derive(Clone, Copy, Debug)]
pub struct Says {
    /// `status` of the API.
    pub status: &'static str,
    /// `status_text` of the API, on the page and in the terminal.
    pub text: &'static str,
    /// `reason` of the API, or none.
    pub reason: Option<&'static str>,
    /// Words on the glass, all of them on one picture.
    pub glass: &'static [&'static str],
    /// Words that page and terminal add: advice, or what it waits for.
    pub more: &'static str,
}

/// One box on its bench.
pub struct Stage {
    pub scene: Scene,
    pub powered: PoweredBox,
    /// A token that may look, for the page's way.
    token: String,
}

impl Stage {
    /// A new box that was never linked.
    pub fn fresh() -> Self {
        Self::on(Scene::set())
    }

    /// A new box on a bench that was prepared.
    pub fn on(scene: Scene) -> Self {
        let powered = scene.power_on();
        Self::with(scene, powered)
    }

    /// A box that is linked and connected.
    pub fn linked() -> Self {
        Self::linked_on(Scene::set())
    }

    /// The same on a bench that was prepared.
    pub fn linked_on(scene: Scene) -> Self {
        let powered = scene.paired();
        Self::with(scene, powered)
    }

    fn with(scene: Scene, powered: PoweredBox) -> Self {
        let body = r#"{"name":"states","scopes":["read"]}"#;
        let made = powered.ask("POST", "/api/v1/tokens", Some(body));
        let made = made.unwrap().json().unwrap();
        let token = made["secret"].as_str().unwrap_or_default().to_owned();
        powered.secret(&token);
        Self {
            scene,
            powered,
            token,
        }
    }

    /// Asks for something of the account over the control socket.
    pub fn post(&self, of: &str, body: &str) -> (u16, String) {
        let path = self.powered.path(1, of).unwrap();
        self.powered.post(&path, body).unwrap()
    }

    /// Gives the account another name; the code of the answer.
    pub fn rename(&self, label: &str) -> u16 {
        let id = self.powered.session(1).unwrap();
        let body = format!(r#"{{"label":"{label}"}}"#);
        let path = format!("/api/v1/sessions/{id}");
        self.powered.ask("PATCH", &path, Some(&body)).unwrap().code
    }

    /// The box, as the page sees it with a token.
    pub fn status(&self) -> Value {
        // A box that could not read its store knows no token: then it is asked from inside.
        let token = Some(self.token.as_str()).filter(|token| !token.is_empty());
        match token {
            Some(_) => self.powered.get_lan("/api/v1/status", token).unwrap(),
            None => self.powered.ask("GET", "/api/v1/status", None).unwrap(),
        }
        .json()
        .unwrap()
    }

    /// The account, as the page sees it with a token.
    pub fn account(&self) -> Value {
        self.status()["sessions"][0].clone()
    }

    /// The account, as a stranger's page sees it.
    fn account_for_strangers(&self) -> Value {
        let status = self.powered.get_lan("/api/v1/status", None).unwrap();
        let text = status.text().unwrap();
        assert!(!text.contains(OWNER), "a stranger reads the number: {text}");
        status.json().unwrap()["sessions"][0].clone()
    }

    /// `pairbox WORDS`, as typed on the box: exit code, what it printed, what it complained of.
    pub fn type_in(&self, words: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_pairbox"))
            .env("PAIRBOX_SOCKET", self.powered.control())
            .args(words)
            .output()
            .unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
        (output.status.code(), out, err)
    }

    /// Waits until the API says so, then looks at all faces.
    pub fn expect(&self, says: Says) -> Value {
        let mut last = Value::Null;
        let seen = wait(2 * PATIENCE, || {
            last = self.account();
            last["status"] == says.status
                && last["status_text"] == says.text
                && says
                    .reason
                    .is_none_or(|reason| last["reason"].as_str() == Some(reason))
        });
        assert!(seen, "not {says:?} but {last:#}\n{}", self.said());
        for words in says.glass {
            self.scene.wait_glass(words);
        }
        // One picture with all of it, and not one after the other.
        let all = |picture: &pairbox_chips::Picture| says.glass.iter().all(|it| picture.says(it));
        let whole = self.scene.bench.wait_picture(PATIENCE, "all words", all);
        whole.unwrap_or_else(|late| panic!("{says:?}: {late}"));

        let account = self.account();
        let stranger = self.account_for_strangers();
        assert_eq!(stranger["status"], says.status, "{stranger:#}");
        assert_eq!(stranger["status_text"], says.text);
        for hidden in ["phone", "jid", "lid", "push_name", "detail"] {
            assert!(stranger[hidden].is_null(), "{hidden}: {stranger:#}");
        }
        let page = account.to_string();
        assert!(
            page.contains(says.more),
            "the page lacks {says:?}: {account:#}"
        );

        let id = account["id"].as_str().unwrap();
        let one = self.powered.get(&format!("/api/v1/sessions/{id}")).unwrap();
        let one: Value = serde_json::from_str(&one).unwrap();
        assert_eq!(one["status"], says.status, "{one:#}");
        assert_eq!(one["status_text"], says.text);

        let (code, out, err) = self.type_in(&["status"]);
        assert_eq!(code, Some(0), "{out}{err}");
        assert!(
            out.contains(says.text),
            "the terminal lacks {says:?}: {out}"
        );
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = flat(&out).contains(&flat(says.more));
        assert!(told, "the terminal lacks {says:?}: {out}");
        account
    }

    /// The log, for failures.
    pub fn said(&self) -> String {
        self.powered.log().join("\n")
    }

    /// Switches off and looks at what is left behind.
    pub fn close(self) {
        self.scene.close(self.powered);
    }
}

/// Looks again and again until it is so.
#[allow(
    clippy::disallowed_methods,
    reason = "a deadline on another process, asked over a socket"
)]
pub fn wait(within: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = std::time::Instant::now() + within;
    loop {
        if is_so() {
            return true;
        }
        if std::time::Instant::now() >= deadline {
            return false;
        }
        // The other process has the processor meanwhile; nothing is decided by this.
        std::thread::sleep(Duration::from_millis(50));
    }
}
