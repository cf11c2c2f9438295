//! `pairbox check`: what is there and what is not, one line each, with what to do about it.
//!
//! Pure: what was found becomes lines. Finding it is the business of [`probes`], which only reads, so
//! that a running service is not disturbed.

mod findings;
mod network;
pub mod probes;

use std::fmt;

pub use findings::{
    Access, Asked, ClockFound, Device, Disk, Findings, LineFound, Membership, Network, Shows, User,
};

use crate::board::{Bus, Level, Subsystem, header};
use crate::config::FileError;
use crate::web::rfc3339;

/// Less free space than this is told: the database and a night's messages fit into it many times.
const DISK_LOW: u64 = 64 << 20;

/// Less than this, and the next group of messages may not fit.
const DISK_FULL: u64 = 4 << 20;

/// How good a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It runs, but somebody should look.
    Warn,
    /// Something does not work.
    Fail,
}

/// One line of the answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// How good it is.
    pub verdict: Verdict,
    /// What was looked at.
    pub subject: &'static str,
    /// What was found.
    pub found: String,
    /// What to do, unless it is as it should be.
    pub fix: Option<String>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
        };
        write!(f, "{verdict:<5}{:<9}{}", self.subject, self.found)?;
        match &self.fix {
            Some(fix) => write!(f, "; fix: {fix}"),
            None => Ok(()),
        }
    }
}

impl Line {
    fn ok(subject: &'static str, found: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Ok,
            subject,
            found: found.into(),
            fix: None,
        }
    }

    fn wrong(
        verdict: Verdict,
        subject: &'static str,
        found: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            verdict,
            subject,
            found: found.into(),
            fix: Some(fix.into()),
        }
    }

    fn warn(subject: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::wrong(Verdict::Warn, subject, found, fix)
    }

    fn fail(subject: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::wrong(Verdict::Fail, subject, found, fix)
    }
}

/// The answer when the settings are wrong: there is nothing to look for. The error says what would be
/// right.
#[must_use]
pub fn unusable(error: &FileError) -> Line {
    Line {
        verdict: Verdict::Fail,
        subject: "config",
        found: error.to_string(),
        fix: None,
    }
}

/// The answer to what was found.
#[must_use]
pub fn judge(findings: &Findings) -> Vec<Line> {
    let is_pi = is_pi(findings);
    let mut lines = vec![model(findings), board(findings)];
    let broken = findings.complaints.iter();
    lines.extend(broken.map(|why| Line::warn("board", why, "mend or remove the file")));
    lines.extend(bus(findings));
    lines.push(panel(findings));
    lines.extend(buttons(findings, is_pi));
    lines.extend(groups(findings, is_pi));
    lines.push(clock(findings.clock));
    lines.extend(network(&findings.network));
    lines.push(disk(&findings.disk));
    lines
}

fn is_pi(findings: &Findings) -> bool {
    let model = findings.model.as_deref();
    model.is_some_and(|model| model.starts_with("Raspberry Pi"))
}

fn model(findings: &Findings) -> Line {
    let fix = "none needed if it is to run without panel and buttons";
    match &findings.model {
        Some(model) if is_pi(findings) => Line::ok("model", model),
        Some(model) => Line::warn("model", format!("{model}: not a Raspberry Pi"), fix),
        None => Line::warn("model", "no device tree: not a Raspberry Pi", fix),
    }
}

fn board(findings: &Findings) -> Line {
    let board = &findings.board;
    let found = format!("{} ({}): {}", board.name, board.title, findings.why);
    if findings.auto && board.panel.is_none() {
        let fix = "a panel on SPI has to be named, `board = \"NAME\"`; `pairbox boards` lists them";
        return Line::warn("board", found, fix);
    }
    Line::ok("board", found)
}

fn bus(findings: &Findings) -> Option<Line> {
    let (subject, path) = match &findings.board.panel.as_ref()?.bus {
        Bus::I2c { path, .. } => ("i2c", path.display()),
        Bus::Spi { path, .. } => ("spi", path.display()),
        #[cfg(feature = "bench")]
        Bus::Socket => return None,
    };
    Some(match &findings.device {
        Device::NotNeeded => return None,
        Device::Opens => Line::ok(subject, format!("{path} can be opened")),
        Device::Missing => {
            let setup = &findings.board.setup;
            let lines = setup.config_txt.first().cloned();
            let lines = lines.unwrap_or_else(|| format!("dtparam={subject}=on"));
            let modules = setup.modules.join(", ");
            let load = if modules.is_empty() {
                String::new()
            } else {
                format!(", {modules} in /etc/modules-load.d/pairbox.conf")
            };
            let fix = format!("`{lines}` in config.txt{load}, then reboot");
            Line::fail(subject, format!("{path} does not exist"), fix)
        }
        Device::Forbidden => {
            let name = &findings.user.name;
            let found = format!("{path} may not be opened by {name}");
            let fix = format!("`sudo usermod -aG {subject} {name}` and log in anew, or use sudo");
            Line::fail(subject, found, fix)
        }
        Device::Broken(why) => {
            let fix = "reboot; if that does not help, look at `dmesg`";
            Line::fail(subject, format!("{path} cannot be opened: {why}"), fix)
        }
    })
}

fn panel(findings: &Findings) -> Line {
    let Some(panel) = &findings.board.panel else {
        return Line::ok("panel", "none: the box is watched on its page");
    };
    let driver = panel.driver.name().to_uppercase();
    let Bus::I2c {
        path, addresses, ..
    } = &panel.bus
    else {
        let found = format!("{driver} cannot be asked: SPI has no answers");
        return Line::warn("panel", found, "run `pairbox panel-test` and look at it");
    };
    let path = path.display();
    match &findings.panel {
        Asked::NotAsked => Line::warn(
            "panel",
            format!("{driver} was not asked"),
            "mend the bus first",
        ),
        Asked::Answers(answers) => {
            if let Some(address) = answers.first() {
                let found = format!("{driver} answers at {address:#04x} on {path}");
                Line::ok("panel", found)
            } else {
                let asked: Vec<String> = addresses.iter().map(|a| format!("{a:#04x}")).collect();
                let found = format!("nothing answers at {} on {path}", asked.join(" or "));
                let fix = format!(
                    "check its power and the wires; `pairbox boards {}` has the pins",
                    findings.board.name
                );
                Line::fail("panel", found, fix)
            }
        }
        Asked::Broken(why) => {
            let fix = "look for a wire that shorts SDA (pin 3) or SCL (pin 5)";
            Line::fail("panel", format!("{path} failed: {why}"), fix)
        }
    }
}

/// One line for all lines that are well, one for each that is not.
fn buttons(findings: &Findings, is_pi: bool) -> Vec<Line> {
    let lines = match &findings.lines {
        Ok(lines) => lines,
        Err(why) => {
            let verdict = if is_pi { Verdict::Fail } else { Verdict::Warn };
            return vec![Line {
                verdict,
                subject: "lines",
                found: format!("no buttons: {why}"),
                fix: None,
            }];
        }
    };
    let (mut resting, mut wrong) = (Vec::new(), Vec::new());
    for (button, at) in findings.board.buttons.iter() {
        let Some(line) = lines.iter().find(|line| line.button == button) else {
            continue;
        };
        let pin = header::pin(at.line).unwrap_or_default();
        let name = format!("{} {}", button.name(), at.line);
        match &line.shows {
            Shows::Level(level) if *level == at.pressed => {
                let level = level_word(*level);
                let found = format!("{name} is {level} at rest: pressed or shorted?");
                let fix = format!("let go of it, or look for a short at pin {pin}");
                wrong.push(Line::warn("lines", found, fix));
            }
            Shows::Level(level) => resting.push(format!("{name} {}", level_word(*level))),
            Shows::Ours => resting.push(format!("{name} busy: the service has it")),
            Shows::Refused(why) => wrong.push(Line {
                verdict: Verdict::Fail,
                subject: "lines",
                found: format!("{name}: {why}"),
                fix: None,
            }),
        }
    }
    if !resting.is_empty() {
        wrong.insert(0, Line::ok("lines", resting.join(", ")));
    }
    wrong
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Low => "low",
        Level::High => "high",
    }
}

fn groups(findings: &Findings, is_pi: bool) -> Vec<Line> {
    let user = &findings.user;
    let needed = |subsystem: &Subsystem| findings.board.setup.subsystems.contains(subsystem);
    let names = |wanted: Membership| -> Vec<&str> {
        let those = user.groups.iter();
        those
            .filter(|(subsystem, membership)| *membership == wanted && needed(subsystem))
            .map(|(subsystem, _)| subsystem.group())
            .collect()
    };
    let mut lines = Vec::new();
    let missing = names(Membership::NoGroup);
    if !missing.is_empty() {
        let found = format!(
            "no such group: {}; the unit will not start",
            missing.join(", ")
        );
        let fix = "install systemd/pairbox.sysusers.conf and board/60-pairbox.rules, then reboot";
        let verdict = if is_pi { Verdict::Fail } else { Verdict::Warn };
        lines.push(Line::wrong(verdict, "groups", found, fix));
    }
    let out = names(Membership::Out);
    if user.root {
        lines.push(Line::ok("groups", "root needs none"));
    } else if !out.is_empty() {
        let name = &user.name;
        let found = format!("{name} is not in {} (the service is)", out.join(", "));
        let fix = format!(
            "`sudo usermod -aG {} {name}` and log in anew",
            out.join(",")
        );
        lines.push(Line::warn("groups", found, fix));
    } else if missing.is_empty() {
        let inside = names(Membership::In).join(", ");
        lines.push(Line::ok("groups", format!("{} is in {inside}", user.name)));
    }
    lines
}

fn clock(clock: ClockFound) -> Line {
    let fix = "give it a network, and look at `timedatectl`";
    match clock.wall {
        None => Line::fail("clock", "not set: no secure connection can be made", fix),
        Some(wall) if clock.synchronised => {
            Line::ok("clock", format!("{}, synchronised", rfc3339::format(wall)))
        }
        Some(wall) => {
            let found = format!("{}, not synchronised since boot", rfc3339::format(wall));
            Line::warn("clock", found, fix)
        }
    }
}

fn network(network: &Network) -> Vec<Line> {
    let Network {
        host, port, own, ..
    } = network;
    let no_route = || {
        let fix = "plug in the cable, or set up Wi-Fi with `nmtui`";
        Line::fail("network", "no route out", fix)
    };
    let mut lines = vec![own.map_or_else(no_route, |own| {
        Line::ok("network", format!("{own} is our address on the way out"))
    })];
    lines.push(match &network.named {
        Ok(1) => Line::ok("dns", format!("{host} has 1 address")),
        Ok(count) => Line::ok("dns", format!("{host} has {count} addresses")),
        Err(why) => {
            let fix = "look at the router's DNS, and at /etc/resolv.conf";
            Line::fail("dns", format!("{host} has no address: {why}"), fix)
        }
    });
    lines.extend(network.reached.as_ref().map(|reached| match reached {
        Ok(took) => {
            let took = took.as_millis();
            Line::ok(
                "service",
                format!("{host}:{port} takes connections, in {took} ms"),
            )
        }
        Err(why) => {
            let fix = format!("let connections to port {port} through the firewall");
            Line::fail("service", format!("{host}:{port}: {why}"), fix)
        }
    }));
    lines
}

fn disk(disk: &Disk) -> Line {
    let folder = disk.folder.display();
    let free = disk.free.map_or("free space unknown".into(), |free| {
        format!("{} MiB free", free >> 20)
    });
    match disk.access {
        Access::ReadOnly => {
            let fix = "put a writable partition there; the rest may stay read-only";
            return Line::fail(
                "disk",
                format!("{folder} is on a read-only file system"),
                fix,
            );
        }
        Access::Forbidden => {
            let fix = "say where with --state-dir or `state_dir`, or run as its owner";
            return Line::fail("disk", format!("{folder} may not be written"), fix);
        }
        Access::Writable | Access::CanBeMade | Access::Service => {}
    }
    let found = match disk.access {
        Access::CanBeMade => format!("{folder} can be made, {free}"),
        Access::Service => format!("{folder} belongs to the service (sudo looks inside), {free}"),
        _ => format!("{folder} can be written, {free}"),
    };
    match disk.free {
        Some(free) if free < DISK_FULL => Line::fail("disk", found, "make room"),
        Some(free) if free < DISK_LOW => Line::warn("disk", found, "make room"),
        _ => Line::ok("disk", found),
    }
}
