//! What a disk can hold after a power cut: everything that was synced, and any part of the rest.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use crate::store::disk::{Op, write_at};

/// A disk writes this much at once or not at all.
const SECTOR: usize = 512;

/// Follows the operations on a disk and makes the images a cut could leave at this moment.
pub struct Cutter {
    synced: Vec<u8>,
    pending: Vec<Op>,
    rng: StdRng,
}

impl Cutter {
    /// Starts with a disk that safely holds these bytes.
    pub fn new(synced: Vec<u8>, seed: u64) -> Self {
        Self {
            synced,
            pending: Vec::new(),
            rng: StdRng::seed_from_u64(seed),
        }
    }

    /// One operation happened. Notes of the test are none.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Sync => {
                for op in std::mem::take(&mut self.pending) {
                    apply_to(&mut self.synced, &op);
                }
            }
            Op::Write(..) | Op::SetLen(_) => self.pending.push(op.clone()),
            Op::Issued(_) | Op::Acked(_) => {}
        }
    }

    /// The images a cut could leave now, each with the name of its kind.
    pub fn images(&mut self) -> Vec<(&'static str, Vec<u8>)> {
        let mut images = Vec::new();
        if self.pending.len() <= 1 {
            // Further on it is the same image again.
            images.push(("nothing unsynced", self.synced.clone()));
        }
        if !self.pending.is_empty() {
            images.push(("everything", self.image_of(&self.pending)));
            let part = self.part();
            images.push(("a part", self.image_of(&part)));
            let mut shuffled = self.part();
            shuffled.shuffle(&mut self.rng);
            images.push(("a part, reordered", self.image_of(&shuffled)));
            let torn = self.torn();
            images.push(("torn", self.image_of(&torn)));
        }
        images
    }

    fn image_of(&self, ops: &[Op]) -> Vec<u8> {
        let mut image = self.synced.clone();
        for op in ops {
            apply_to(&mut image, op);
        }
        image
    }

    /// Each pending operation, or not.
    fn part(&mut self) -> Vec<Op> {
        let pending = self.pending.clone();
        pending.into_iter().filter(|_| self.rng.random()).collect()
    }

    /// Each sector of each pending write, or not.
    fn torn(&mut self) -> Vec<Op> {
        let mut sectors = Vec::new();
        for op in &self.pending {
            match op {
                Op::Write(offset, data) => {
                    for (number, sector) in data.chunks(SECTOR).enumerate() {
                        if self.rng.random() {
                            let at = offset + (number * SECTOR) as u64;
                            sectors.push(Op::Write(at, sector.to_vec()));
                        }
                    }
                }
                op => {
                    if self.rng.random() {
                        sectors.push(op.clone());
                    }
                }
            }
        }
        sectors
    }
}

fn apply_to(image: &mut Vec<u8>, op: &Op) {
    match op {
        Op::Write(offset, data) => write_at(image, *offset, data),
        Op::SetLen(len) => image.resize(usize::try_from(*len).unwrap(), 0),
        Op::Sync | Op::Issued(_) | Op::Acked(_) => {}
    }
}
