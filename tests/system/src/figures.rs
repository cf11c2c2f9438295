//! What was measured, as text for the repository (`tests/system/FIGURES.md`).

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::cuts::{Cut, Moment};
use crate::guest::Condition;

/// The figures of one run.
#[derive(Default)]
pub struct Figures {
    /// What the guest is.
    pub system: String,
    /// Bytes of the installed program that were exchanged.
    pub exchanged: usize,
    /// systemd's judgement.
    pub exposure: String,
    /// The service after its pairing.
    pub paired: Option<Condition>,
    /// The service after the last cut.
    pub ended: Option<Condition>,
    /// Every cut.
    pub cuts: Vec<Cut>,
    /// Logins that the simulated service saw.
    pub logins: usize,
    /// Codes that the box was given to show after its pairing.
    pub codes: usize,
    /// Messages that the box could not read at once.
    pub retries: usize,
}

impl Figures {
    /// Prints them, and writes them to a file if there is one.
    pub fn print(&self, file: Option<&Path>) -> Result<()> {
        let text = self.text();
        println!("{text}");
        match file {
            Some(file) => fs::write(file, text).with_context(|| file.display().to_string()),
            None => Ok(()),
        }
    }

    fn text(&self) -> String {
        let mut text = String::from(
            "# Figures of the system test\n\n\
             Written by `tests/system/run`. Times are those of an emulated board on the machine that ran it, busy\n\
             with whatever else it did: what counts is that they are there. Memory is real: the same binary, kernel\n\
             and C library as on a board.\n\n",
        );
        let mut line = |name: &str, value: &str| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "- {name}: {value}");
        };
        line("guest", &self.system);
        line("exposure", &self.exposure);
        line(
            "bytes of the installed program exchanged (the pinned root)",
            &self.exchanged.to_string(),
        );
        for (when, condition) in [
            ("after the pairing", &self.paired),
            ("after the last cut", &self.ended),
        ] {
            let Some(condition) = condition else { continue };
            let megabytes = |kb: u64| format!("{}.{} MB", kb / 1024, kb % 1024 * 10 / 1024);
            let memory = format!(
                "{} resident, {} at most",
                megabytes(condition.rss_kb),
                megabytes(condition.rss_peak_kb)
            );
            line(&format!("memory {when}"), &memory);
            line(&format!("status {when}"), &condition.status);
            line(
                &format!("kernel start to READY=1 {when}"),
                &format!("{} ms", condition.ready_ms),
            );
            line(
                &format!("restarts by systemd {when}"),
                &condition.restarts.to_string(),
            );
            line(
                &format!("warnings in its log {when}"),
                &condition.complaints.lines().count().to_string(),
            );
        }
        line("power cuts", &self.cuts.len().to_string());
        for moment in [Moment::Booting, Moment::Idle, Moment::Receiving] {
            let count = self.cuts.iter().filter(|cut| cut.moment == moment).count();
            line(&format!("  of them {moment:?}"), &count.to_string());
        }
        line(
            "power-on to first picture",
            &spread(self.cuts.iter().filter_map(|cut| cut.lit)),
        );
        line(
            "power-on to Connected",
            &spread(self.cuts.iter().filter_map(|cut| cut.connected)),
        );
        line("logins", &self.logins.to_string());
        line("messages asked for again", &self.retries.to_string());
        line("codes shown after the pairing", &self.codes.to_string());
        text + &self.table()
    }

    fn table(&self) -> String {
        let mut text = String::from(
            "\n| cut | while | after | first picture | connected |\n|---|---|---|---|---|\n",
        );
        for (cut, number) in self.cuts.iter().zip(1..) {
            let seconds = |time: Option<Duration>| {
                time.map_or("-".into(), |time| format!("{:.1} s", time.as_secs_f64()))
            };
            let _ = writeln!(
                text,
                "| {number} | {:?} | {} | {} | {} |",
                cut.moment,
                seconds(Some(cut.after)),
                seconds(cut.lit),
                seconds(cut.connected)
            );
        }
        text
    }
}

/// Least, middle and most.
fn spread(times: impl Iterator<Item = Duration>) -> String {
    let mut times: Vec<_> = times.collect();
    times.sort();
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return "-".into();
    };
    let middle = times[times.len() / 2];
    let [first, middle, last] = [*first, middle, *last].map(|time| time.as_secs_f64());
    format!("{first:.1} to {last:.1} s, half of them within {middle:.1} s")
}
