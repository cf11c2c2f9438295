//! From the start of the process to a page that answers, and to the first frame on the glass.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use pairbox_rig::workbench::Workbench;

use super::millis;
use crate::scene::PATIENCE;

/// Starts that are measured.
const STARTS: usize = 5;

/// Prints the medians of some starts of a box that has nothing linked.
#[allow(clippy::disallowed_methods, reason = "this is a stop-watch")]
pub fn print(program: &str) -> Result<()> {
    let Workbench {
        socket,
        bench,
        folder: _folder,
        ..
    } = Workbench::set(vec![program.to_owned(), "box".to_owned()])?;
    let (mut pages, mut frames) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let began = Instant::now();
        let (powered, frame) = std::thread::scope(|threads| -> Result<_> {
            let watcher = threads.spawn(|| {
                let lit = |picture: &pairbox_chips::Picture| !picture.is_dark();
                bench.wait_picture(PATIENCE, "anything", lit)?;
                anyhow::Ok(began.elapsed())
            });
            let powered = socket.power_on()?;
            // It is the answer that counts, not the line in the log.
            powered.get_lan("/livez", None)?;
            pages.push(began.elapsed());
            let frame = watcher.join().map_err(|_| anyhow!("the watcher failed"))?;
            Ok((powered, frame?))
        })?;
        frames.push(frame);
        powered.switch_off()?;
        let dark = pairbox_chips::Picture::is_dark;
        bench.wait_picture(PATIENCE, "nothing", dark)?;
    }
    println!("start to page    {} (median of {STARTS})", median(pages));
    println!("start to glass   {} (the same starts)", median(frames));
    Ok(())
}

fn median(mut took: Vec<Duration>) -> String {
    took.sort();
    millis(took[took.len() / 2])
}
