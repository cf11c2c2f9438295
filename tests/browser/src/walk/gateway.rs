//! Messages through the page: a program is added, somebody asks to be let in, messages come and go, and
//! what was given up is posted again.

use anyhow::{Context as _, Result, ensure};
use pairbox_rig::workbench::{ALICE, OWNER};

use super::Walk;
use crate::receiver::Receiver;
use crate::visit::{PATIENCE, Visit, card};

/// The account.
const LABEL: &str = "Front desk";
/// The program's name.
const HOOK: &str = "Order bot";
/// What Alice writes once she may.
const GREETING: &str = "Is the shop open today?";

impl Walk<'_> {
    /// All of it, in the order in which a person would.
    pub(super) fn gateway(&self) -> Result<()> {
        let program = Receiver::start()?;
        self.add_a_webhook(&program)?;
        self.another_secret()?;
        self.edit_the_policy()?;
        self.somebody_is_let_in()?;
        self.a_message_shows(&program)?;
        self.a_test_is_sent()?;
        self.route(&program)?;
        self.replay(&program)?;
        self.remove_the_webhook()
    }

    /// Refused where it cannot lead, then taken; the secret is seen once; a test arrives.
    fn add_a_webhook(&self, program: &Receiver) -> Result<()> {
        self.visit.click(None, "Add webhook")?;
        self.visit.wait_dialog("Add webhook")?;
        self.visit
            .fill("webhook-url", "http://169.254.169.254/latest")?;
        self.visit.fill("webhook-name", HOOK)?;
        self.visit.click(None, "Add")?;
        self.visit.wait_blamed("webhook-url")?;
        self.step("webhook-refused")?;
        self.visit.fill("webhook-url", &program.url())?;
        self.visit.click(None, "Add")?;
        self.visit.wait_dialog(&format!("The secret of “{HOOK}”"))?;
        self.visit
            .wait("document.getElementById('secret-text').value.startsWith('whsec_')")?;
        self.step("webhook-secret")?;
        self.visit.click(None, "Copy")?;
        self.visit
            .wait("document.getElementById('copy-secret').textContent === 'Copied'")?;
        self.visit.click(None, "Done")?;
        self.visit.wait_no_dialog()?;
        self.visit
            .wait("document.getElementById('secret-text').value === ''")?;
        self.visit.wait_hook(HOOK, "On")?;
        self.visit.click(Some(HOOK), "Test")?;
        self.visit
            .wait("document.querySelector('.hook-result').textContent === 'The test arrived.'")?;
        ensure!(program.took("test", "") == 1, "the test did not arrive");
        self.step("webhook-tested").map(drop)
    }

    /// Another secret, shown once too.
    fn another_secret(&self) -> Result<()> {
        self.visit.click(Some(HOOK), "New secret")?;
        self.visit
            .wait_dialog(&format!("A new secret for “{HOOK}”?"))?;
        self.visit.click(None, "Make a new secret")?;
        self.visit
            .wait_dialog(&format!("The new secret of “{HOOK}”"))?;
        self.visit.click(None, "Done")?;
        self.visit.wait_no_dialog()
    }

    /// Strangers have to ask from now on; a line that is nobody is refused where it stands.
    fn edit_the_policy(&self) -> Result<()> {
        self.visit.click(Some(LABEL), "Who may write")?;
        self.visit
            .wait_dialog(&format!("Who may write to “{LABEL}”"))?;
        self.step("policy")?;
        self.visit.choose("dm", "pairing")?;
        self.visit.wait(
            "/answers strangers/.test(document.getElementById('policy-dm-warning').textContent)",
        )?;
        self.visit.fill("policy-allow", "my neighbour")?;
        self.step("policy-answers-strangers")?;
        self.visit.click(None, "Save")?;
        self.visit.wait_blamed("policy-allow")?;
        self.step("policy-refused")?;
        self.visit.fill("policy-allow", "+49 170 1234567")?;
        self.visit.click(None, "Save")?;
        self.visit.wait_no_dialog()
    }

    /// Alice writes, is told a code, and stands in the dock until she is let in.
    fn somebody_is_let_in(&self) -> Result<()> {
        self.bench.alice.send_text(OWNER, "Hello?");
        self.visit.wait(&format!(
            "document.querySelector('.asker-who')?.textContent.includes('…{}')",
            &ALICE[ALICE.len() - 4..]
        ))?;
        let told = self.bench.alice.wait_text(PATIENCE).context("no code")?;
        let shown = self
            .visit
            .browser
            .run("return document.querySelector('.asker-code').textContent.replace('-', '')")?;
        let code = shown.as_str().unwrap_or_default();
        ensure!(
            code.len() == 8 && told.body.replace('-', "").contains(code),
            "the page shows another code than she was told"
        );
        self.visit
            .wait("[...document.querySelectorAll('.asker button')].every((b) => !b.disabled)")?;
        self.step("somebody-waits")?;
        self.visit.click(None, "Approve")?;
        self.visit.wait("document.getElementById('dock').hidden")?;
        let body = self.told_of_policy()?;
        ensure!(body.contains(ALICE), "she is not on the list");
        Ok(())
    }

    fn told_of_policy(&self) -> Result<String> {
        let body = self.visit.browser.run_async(&format!(
            "const done = arguments[arguments.length - 1];
             const id = status.sessions.find((session) => session.label === '{LABEL}').id;
             fetch(`/api/v1/sessions/${{id}}/policy`).then((a) => a.text()).then(done)"
        ))?;
        Ok(body.as_str().unwrap_or_default().to_owned())
    }

    /// What she writes now is passed on and stands in the card, for those who are signed in.
    fn a_message_shows(&self, program: &Receiver) -> Result<()> {
        self.bench.alice.send_text(OWNER, GREETING);
        self.visit.wait_message(LABEL, GREETING, "")?;
        self.wait_took(program, GREETING)?;
        self.visit.browser.run(&format!(
            "{}.querySelector('.messages').scrollIntoView({{ block: 'center' }}); return null",
            card(LABEL)
        ))?;
        self.step("message")?;
        let browser = self.driver.browser()?;
        let stranger = Visit::begin(browser, self.look, self.powered.page(), self.folder)?;
        stranger.wait(&format!(
            "{}.querySelector('.messages-note').textContent === 'Sign in to see messages.'",
            card(LABEL)
        ))?;
        let all = stranger.everything()?;
        ensure!(!all.contains(GREETING), "a stranger reads messages");
        ensure!(
            !all.contains(&program.url()),
            "a stranger sees where they go"
        );
        Ok(())
    }

    fn wait_took(&self, program: &Receiver, words: &str) -> Result<()> {
        // It is told beside the ring, not before it: looked for as often as the page is.
        let deadline = PATIENCE.as_millis() / 100;
        for _ in 0..deadline {
            if program.took("message", words) > 0 {
                return Ok(());
            }
            self.visit
                .browser
                .run_async("setTimeout(arguments[arguments.length - 1], 100)")?;
        }
        anyhow::bail!("the program was not told")
    }

    /// To nobody, which is said at the field; then to Alice, followed until she has it.
    fn a_test_is_sent(&self) -> Result<()> {
        self.visit.click(Some(LABEL), "Send a test")?;
        self.visit
            .wait_dialog(&format!("Send a test from “{LABEL}”"))?;
        self.visit.fill("send-to", "12")?;
        self.visit.fill("send-text", "From two to six.")?;
        self.visit.click(None, "Send")?;
        self.visit.wait_blamed("send-to")?;
        self.step("test-refused")?;
        self.visit.fill("send-to", &format!("+{ALICE}"))?;
        self.visit.click(None, "Send")?;
        self.visit.wait(
            "['delivered', 'read'].includes(document.getElementById('track').dataset.state)",
        )?;
        self.step("test-delivered")?;
        self.visit.click(None, "Close")?;
        self.visit.wait_no_dialog()?;
        self.visit
            .wait_message(LABEL, "From two to six.", "Delivered")?;
        let got = self.bench.alice.wait_text(PATIENCE)?;
        ensure!(got.body == "From two to six.", "she got another text");
        Ok(())
    }

    /// A route whose name cannot be, then one that takes a text.
    fn route(&self, program: &Receiver) -> Result<()> {
        self.visit.click(Some(LABEL), "Routes")?;
        self.visit.wait_dialog(&format!("Routes of “{LABEL}”"))?;
        self.visit.choose("way", "routes")?;
        let name = self
            .visit
            .browser
            .run("return document.querySelector('#route-list [data-name=name]').id")?;
        let name = name.as_str().context("a field without an id")?;
        self.visit.fill(name, "the orders")?;
        self.visit.click(None, "Save")?;
        self.visit.wait_blamed(name)?;
        self.step("route-refused")?;
        self.visit.fill(name, "orders")?;
        self.visit
            .fill(&name.replace("-name", "-text"), "*order*")?;
        self.visit.click(None, "Save")?;
        self.visit.wait_no_dialog()?;
        self.bench.alice.send_text(OWNER, "An Order, please");
        self.wait_took(program, "An Order, please")?;
        self.visit.click(Some(LABEL), "Routes")?;
        self.visit.wait_dialog(&format!("Routes of “{LABEL}”"))?;
        self.visit
            .wait("document.querySelector('#route-list h3').textContent === '1. orders'")?;
        self.step("routes")?;
        self.visit.choose("way", "all")?;
        self.visit.click(None, "Save")?;
        self.visit.wait_no_dialog()
    }

    /// The program refuses one, which is said on top of the page; it is posted again and gets through.
    fn replay(&self, program: &Receiver) -> Result<()> {
        program.answers(400);
        self.bench.alice.send_text(OWNER, "Anybody there?");
        self.visit.wait(
            "document.querySelector('[data-fact=dead]').textContent === '1'
             && !document.getElementById('outbox').hidden",
        )?;
        self.step("given-up")?;
        self.visit.click(None, "Look at the webhooks")?;
        self.visit.click(Some(HOOK), "Deliveries")?;
        self.visit.wait_dialog(&format!("Deliveries to “{HOOK}”"))?;
        self.visit
            .wait("document.querySelector('.delivery-error')?.textContent.includes('400')")?;
        self.step("deliveries")?;
        program.answers(200);
        self.visit.click(None, "Replay")?;
        self.visit
            .wait("/Nothing waits/.test(document.getElementById('delivery-list').textContent)")?;
        ensure!(
            program.took("message", "Anybody there?") == 1,
            "it did not get through"
        );
        self.step("replayed")?;
        self.visit.click(None, "Close")?;
        self.visit.wait_no_dialog()?;
        self.visit
            .wait("document.getElementById('outbox').hidden")
            .map(drop)
    }

    /// Off, on, and away with it.
    fn remove_the_webhook(&self) -> Result<()> {
        self.visit.click(Some(HOOK), "Switch off")?;
        self.visit.wait_hook(HOOK, "Off")?;
        self.visit.click(Some(HOOK), "Switch on")?;
        self.visit.wait_hook(HOOK, "On")?;
        self.visit.click(Some(HOOK), "Delete")?;
        self.visit.wait_dialog(&format!("Delete “{HOOK}”?"))?;
        self.visit.click(None, "Delete")?;
        self.visit.wait_no_dialog()?;
        self.visit
            .wait("document.querySelectorAll('.hook').length === 0")
            .map(drop)
    }
}
