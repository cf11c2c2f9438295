//! The bench for people: WhatsApp, a phone, a panel and two buttons, all simulated, around the real
//! pairbox. Prints two addresses: the box's own page, and the desk with everything around it.
//!
//! `pairbox-rig` runs all of it; `pairbox-rig box …` is the box itself, started by the former as a
//! process of its own so that its power can be cut.

mod desk;
mod figures;
mod scene;
mod shipped;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use pairbox_rig::{record, search};

/// A bench for pairbox: no Raspberry Pi, no phone, no WhatsApp account needed.
#[derive(Parser)]
#[command(name = "pairbox-rig")]
struct Arguments {
    /// Address of the desk: the page with the simulated things.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Walk through pairing, restart and disconnect once, print the figures, and end.
    #[arg(long)]
    figures: bool,
    /// Send messages through the box both ways, print how fast and at what cost, and end.
    #[arg(long)]
    messages: bool,
    /// So many messages while the box is killed, the network drops and the receiver fails; print what
    /// arrived how often, and end.
    #[arg(long, value_name = "MESSAGES")]
    lossless: Option<usize>,
    /// Walk through the same with a program as it is shipped, print the figures, and end.
    #[arg(long, value_name = "PAIRBOX")]
    shipped: Option<PathBuf>,
    /// The emulator for a program of another processor, with its arguments, in one word.
    #[arg(long, requires = "shipped", default_value = "")]
    runner: String,
    /// Let the box's disk fail at every write of a first start, a pairing and twenty messages (`start`,
    /// `pairing`, `messages`, or all of them), print what came of it, and end.
    #[arg(long, value_name = "OF", num_args = 0..=1, default_missing_value = "all")]
    bad_disk: Option<String>,
    /// Only one failure of so many, each of another kind than the one before: for the former.
    #[arg(long, value_name = "FAILURES", default_value = "1")]
    one_in: usize,
    /// So many boxes at once, for the former.
    #[arg(long, value_name = "BOXES", default_value = "16")]
    boxes: usize,
    /// Look for secrets in the logs that all tests left behind, and end.
    #[arg(long)]
    search_logs: bool,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let program = arguments.next().unwrap_or_default();
    if arguments.next().as_deref() == Some("box") {
        // The very program that is shipped, with the bench's hardware.
        return pairbox::program::main(std::iter::once(program).chain(arguments));
    }
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pairbox-rig: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn search_logs() -> Result<()> {
    let searched = search::search(&record::folder())?;
    for found in &searched.found {
        println!("{found}");
    }
    println!(
        "{} lines of {} logs searched for {} texts and for what looks like a secret: {} found",
        searched.lines,
        searched.logs,
        searched.secrets,
        searched.found.len()
    );
    anyhow::ensure!(searched.found.is_empty(), "secrets in the logs");
    Ok(())
}

/// On a thread that has a name, under which the logs are kept.
fn walk(program: &Path, runner: &str) -> Result<()> {
    let shipped = shipped::Shipped {
        program: program.to_owned(),
        runner: runner.split_whitespace().map(str::to_owned).collect(),
    };
    let walk = std::thread::Builder::new().name("shipped".to_owned());
    let walk = walk.spawn(|| shipped.walk())?;
    walk.join()
        .map_err(|_| anyhow::anyhow!("the walk panicked"))?
}

fn run(arguments: &Arguments) -> Result<()> {
    if arguments.figures {
        return figures::print();
    }
    if arguments.messages {
        return figures::messages();
    }
    if let Some(messages) = arguments.lossless {
        return figures::lossless(messages);
    }
    if let Some(program) = &arguments.shipped {
        return walk(program, &arguments.runner);
    }
    if let Some(of) = &arguments.bad_disk {
        return figures::bad_disk(of, arguments.one_in, arguments.boxes);
    }
    if arguments.search_logs {
        return search_logs();
    }
    let scene = scene::Scene::set()?;
    let desk = desk::Desk::open(arguments.listen, scene)?;
    println!("the box's own page   http://{}/", desk.page()?);
    println!("the desk around it   http://{}/", desk.address());
    println!("Ctrl-C ends both.");
    desk.serve();
    Ok(())
}
