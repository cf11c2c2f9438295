//! Staying connected: power cuts, buttons, losses, and another client with the same keys.

use pairbox_chips::Button;
use pairbox_sim::{Event, Fault, Pattern, StreamError};

use super::scene::{PATIENCE, Scene};

#[test]
fn a_power_cut_costs_no_scan() {
    let scene = Scene::set();
    let powered = scene.paired();
    // Not before the service has heard from us that it is all in order.
    let log = powered.cut().unwrap();
    scene.check_log(&log);

    for _ in 0..3 {
        let mut cursor = scene.service.cursor();
        let powered = scene.power_on();
        scene.wait_connected(&powered);
        let handshake = cursor
            .wait(PATIENCE, |event| matches!(event, Event::Handshake { .. }))
            .unwrap();
        assert!(
            matches!(
                handshake,
                Event::Handshake {
                    pattern: Pattern::Ik,
                    ..
                }
            ),
            "{handshake:?}"
        );
        assert_eq!(scene.phone.devices().len(), 1);
        scene.check_log(&powered.cut().unwrap());
    }
    let powered = scene.power_on();
    scene.wait_connected(&powered);
    scene.close(powered);
}

#[test]
fn disconnect_and_connect_with_the_buttons() {
    let scene = Scene::set();
    let powered = scene.paired();
    scene.bench.tap(Button::Disconnect);
    scene.wait_glass("Disconnected");
    let account = powered.account().unwrap();
    assert_eq!(
        (&account["status"], &account["linked"]),
        (&"stopped".into(), &true.into())
    );

    // Off stays off through a restart.
    let (status, log) = powered.switch_off().unwrap();
    assert!(status.success());
    scene.check_log(&log);
    let powered = scene.power_on();
    scene.wait_glass("Disconnected");

    scene.bench.tap(Button::Connect);
    scene.wait_connected(&powered);
    scene.close(powered);
}

#[test]
fn the_page_has_the_same_two_buttons() {
    let scene = Scene::set();
    let powered = scene.paired();
    let press = |of: &str| powered.post(&powered.path(1, of).unwrap(), "{}").unwrap().0;
    assert_eq!(press("stop"), 200);
    scene.wait_glass("Disconnected");
    assert_eq!(press("start"), 202);
    scene.wait_connected(&powered);
    scene.close(powered);
}

#[test]
fn a_lost_connection_comes_back() {
    let scene = Scene::set();
    let powered = scene.paired();
    for abort in [false, true] {
        let from = powered.log().len();
        if abort {
            scene.service.reset_all();
        } else {
            scene.service.close_all();
        }
        scene.wait_glass("Reconnecting");
        powered
            .wait_log(from, PATIENCE, |line| {
                line.contains("working → reconnecting")
            })
            .unwrap();
        scene.wait_connected(&powered);
    }
    scene.close(powered);
}

#[test]
fn a_press_while_waiting_tries_at_once() {
    let scene = Scene::set();
    let powered = scene.paired();
    scene.service.set_fault(Fault::Refuse);
    scene.service.close_all();
    scene.wait_glass("Reconnecting");
    // A few failed attempts, so that the wait has grown.
    powered
        .wait_log(0, PATIENCE, |line| line.contains("reconnecting"))
        .unwrap();
    scene.service.clear_faults();
    scene.bench.tap(Button::Connect);
    scene.wait_connected(&powered);
    scene.close(powered);
}

#[test]
fn replaced_by_another_client_is_not_fought_over() {
    let scene = Scene::set();
    let powered = scene.paired();
    let cursor = scene.service.cursor();
    scene.service.stream_error(StreamError::Replaced);
    scene.wait_glass("In use elsewhere");
    let account = powered.account().unwrap();
    assert_eq!(account["status"], "failed", "{account}");
    assert_eq!(account["reason"], "stream_replaced");
    assert_eq!(account["linked"], true);

    // No retry: a press is the next thing that opens a connection, and the only one.
    scene.bench.tap(Button::Connect);
    scene.wait_connected(&powered);
    let opened = cursor.rest();
    let opened = opened
        .iter()
        .filter(|event| matches!(event, Event::ConnectionOpened { .. }));
    assert_eq!(opened.count(), 1);
    scene.close(powered);
}

#[test]
fn logging_out_by_holding_the_button() {
    let scene = Scene::set();
    let powered = scene.paired();
    scene.bench.press(Button::Disconnect);
    // Let go when the box has done it, as a person would who watches the bar.
    scene
        .service
        .wait(PATIENCE, |event| {
            matches!(event, Event::DeviceRemoved { .. })
        })
        .unwrap();
    scene.bench.release(Button::Disconnect);
    assert!(scene.phone.devices().is_empty());
    scene.wait_glass("Unlinked");
    let account = powered.account().unwrap();
    assert_eq!(account["linked"], false, "{account}");
    scene.close(powered);
}
