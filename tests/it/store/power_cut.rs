//! Power cuts: a life of the box is recorded as the operations the database makes on its disk, and
//! the power fails after each of them.
//!
//! At every operation several disks are made of what was synced and some of what was not: nothing,
//! everything, a random part, a random part in random order, and writes torn at 512-byte sectors.
//! Each is opened as after a power cut, and on some of them the power fails again during every
//! operation of the recovery. What must hold is in [`Story::judge`]. The same cuts on a store whose
//! commits are not durable must find violations, or the suite would prove nothing.

mod gateway;
mod image;
mod life;
mod migration;
mod story;

use self::image::Cutter;
use self::story::{Story, Verdict};
use super::disk::{Disk, Op};
use pairbox::store::probe::Commits;

const SEEDS: u64 = 2;

/// Of this many images one is also cut during its recovery.
const SECOND_CUT_EVERY: usize = 150;

#[derive(Default)]
struct Tally {
    images: usize,
    second_cuts: usize,
    violations: Vec<String>,
}

impl Tally {
    fn judge(&mut self, what: impl Fn() -> String, verdict: Verdict) {
        if let Err(violation) = verdict {
            self.violations.push(format!("{}: {violation}", what()));
        }
    }
}

/// Cuts a story after every operation.
fn cut_everywhere(story: &Story, seed: u64) -> Tally {
    let mut tally = Tally::default();
    let mut cutter = Cutter::new(Vec::new(), seed);
    let (mut acked, mut issued) = (0, 0);
    for (at, op) in story.ops.iter().enumerate() {
        match op {
            Op::Acked(number) => acked = acked.max(*number),
            Op::Issued(number) => {
                // Nothing happened on the disk, and the rules only got looser.
                issued = *number;
                continue;
            }
            op => cutter.apply(op),
        }
        for (kind, image) in cutter.images() {
            tally.images += 1;
            let what = || format!("seed {seed}, operation {at}, {kind}");
            if tally.images % SECOND_CUT_EVERY == 0 {
                cut_recovery(story, seed, &image, (acked, issued), &mut tally, &what);
            }
            let verdict = story.judge(&Disk::of(image), acked, issued);
            tally.judge(what, verdict);
        }
    }
    tally
}

/// Opens an image, and cuts the power again after every operation of that opening and of the
/// closing that follows.
fn cut_recovery(
    story: &Story,
    seed: u64,
    image: &[u8],
    (acked, issued): (usize, usize),
    tally: &mut Tally,
    what: &impl Fn() -> String,
) {
    let disk = Disk::of(image.to_vec());
    disk.record();
    // Its own verdict is told by the caller.
    let _ = story.judge(&disk, acked, issued);
    let mut cutter = Cutter::new(image.to_vec(), seed);
    for (at, op) in disk.log().iter().enumerate() {
        cutter.apply(op);
        for (kind, image) in cutter.images() {
            tally.second_cuts += 1;
            let verdict = story.judge(&Disk::of(image), acked, issued);
            tally.judge(
                || format!("{}, then operation {at} of the recovery, {kind}", what()),
                verdict,
            );
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_a_power_cut() {
    let workers = (0..SEEDS)
        .map(|seed| {
            std::thread::spawn(move || {
                let story = story::record(seed, Commits::Durable);
                let tally = cut_everywhere(&story, seed);
                (story, tally)
            })
        })
        .collect::<Vec<_>>();
    let (mut images, mut second_cuts) = (0, 0);
    for worker in workers {
        let (story, tally) = worker.join().unwrap();
        figure!(
            "store: a life of {} requests took {} commits, {} syncs, {} writes of {} bytes in all; \
             {} images, {} second cuts",
            story.wear.requests,
            story.wear.commits,
            story.wear.syncs,
            story.wear.writes,
            story.wear.bytes_written,
            tally.images,
            tally.second_cuts
        );
        assert!(
            tally.violations.is_empty(),
            "{} violations, the first: {}",
            tally.violations.len(),
            tally.violations[0]
        );
        images += tally.images;
        second_cuts += tally.second_cuts;
    }
    figure!(
        "store: {SEEDS} seeds, {images} images of power cuts, {second_cuts} more cut again during \
         recovery; nothing acknowledged was lost"
    );
    assert!(images >= 10_000, "only {images} images");
    assert!(second_cuts >= 1_000, "only {second_cuts} second cuts");
}

/// The suite has teeth: commits that are acknowledged before they are safe are found out.
#[test]
fn commits_that_are_not_durable_are_found_out() {
    let story = story::record(0, Commits::Volatile);
    let tally = cut_everywhere(&story, 0);
    let cuts = tally.images + tally.second_cuts;
    figure!(
        "store: without durable commits {} of {cuts} images violate the rules",
        tally.violations.len(),
    );
    assert!(tally.violations.len() * 2 > cuts);
}
