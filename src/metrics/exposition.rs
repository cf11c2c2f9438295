//! Prometheus' text format, version 0.0.4: families with their samples. Pure.

use std::fmt::{Display, Write as _};
use std::time::Duration;

/// A text in the making.
#[derive(Default)]
pub(super) struct Exposition {
    text: String,
    family: &'static str,
}

/// How long things took.
pub(super) struct Histogram {
    /// Upper ends in seconds, growing.
    ends: &'static [f64],
    /// How many were within each, and how many in all.
    within: Vec<u64>,
    all: u64,
    sum_s: f64,
}

impl Histogram {
    pub fn new(ends: &'static [f64]) -> Self {
        Self {
            ends,
            within: vec![0; ends.len()],
            all: 0,
            sum_s: 0.0,
        }
    }

    pub fn observe(&mut self, took: Duration) {
        let took_s = took.as_secs_f64();
        for (end, within) in self.ends.iter().zip(&mut self.within) {
            *within += u64::from(took_s <= *end);
        }
        self.all += 1;
        self.sum_s += took_s;
    }
}

impl Exposition {
    pub fn counter(&mut self, name: &'static str, help: &str) {
        self.begin(name, help, "counter");
    }

    pub fn gauge(&mut self, name: &'static str, help: &str) {
        self.begin(name, help, "gauge");
    }

    /// A sample of the family that was begun last. Labels' values are ours: names of sessions, templates
    /// of paths, words. None holds a quote, a backslash or a line's end; one that did would lose them.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: &dyn Display) {
        let family = self.family;
        self.line(family, labels, value);
    }

    pub fn histogram(&mut self, name: &'static str, help: &str, histogram: &Histogram) {
        self.begin(name, help, "histogram");
        let bucket = format!("{name}_bucket");
        for (end, within) in histogram.ends.iter().zip(&histogram.within) {
            self.line(&bucket, &[("le", &end.to_string())], within);
        }
        self.line(&bucket, &[("le", "+Inf")], &histogram.all);
        self.line(&format!("{name}_sum"), &[], &histogram.sum_s);
        self.line(&format!("{name}_count"), &[], &histogram.all);
    }

    pub fn into_text(self) -> String {
        self.text
    }

    fn begin(&mut self, name: &'static str, help: &str, kind: &str) {
        self.family = name;
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: &dyn Display) {
        self.text.push_str(name);
        for (at, (label, word)) in labels.iter().enumerate() {
            let open = if at == 0 { '{' } else { ',' };
            let word = word.replace(['"', '\\', '\n'], "");
            let _ = write!(self.text, "{open}{label}=\"{word}\"");
        }
        let close = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{close} {value}");
    }
}
