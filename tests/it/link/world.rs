//! The real program in a world without a clock or a network, and how it hears that they are back.

use std::fs;
use std::path::Path;

use pairbox_rig::power::{PoweredBox, Socket};
use pairbox_sim::{Options, Service};
use tempfile::TempDir;

use super::scene::PATIENCE;

/// A box without a panel in a world of that kind.
fn power_on(folder: &TempDir, service: &Service, wrong: &str) -> PoweredBox {
    let world = folder.path().join("world");
    fs::write(&world, wrong).unwrap();
    let socket = Socket {
        program: vec![env!("CARGO_BIN_EXE_pairbox").to_owned()],
        folder: folder.path().to_owned(),
        endpoint: service.url(),
        version_url: service.version_url(),
        hardware: None,
        extra: format!(
            "[bench]\nsocket = '/nowhere'\nworld = '{}'\n",
            world.display()
        ),
        record: pairbox_rig::record::Record::of_this_test(),
    };
    socket.power_on().unwrap()
}

fn mend(folder: &Path) {
    fs::write(folder.join("world"), "").unwrap();
}

#[test]
fn a_clock_that_is_set_and_a_network_that_comes_are_told() {
    let service = Service::start(Options::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let powered = power_on(&folder, &service, "no-clock\nno-network\n");
    mend(folder.path());
    let set = powered.wait_log(0, PATIENCE, |line| line.contains("the clock was set"));
    assert!(set.is_ok(), "{set:?}");
    // A machine without any network has none to come back.
    if pairbox::network::own_address().is_some() {
        let up = powered.wait_log(0, PATIENCE, |line| line.contains("network: there is one"));
        assert!(up.is_ok(), "{up:?}");
    }
}
