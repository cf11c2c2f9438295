//! What a program finds in `/dev`, and what it does not.

use pairbox_fakeboard::Plan;

use crate::visitor::Visitor;

#[test]
fn the_devices_are_listed_and_can_be_asked_about() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    let names = "gpiochip0 i2c-1 null random spidev0.0 urandom zero";
    assert_eq!(visitor.get("dev"), names);
    for device in ["gpiochip0", "i2c-1", "spidev0.0"] {
        let about = visitor.get(&format!("stat /dev/{device}"));
        assert_eq!(about, "device=true bytes=0", "{device}");
    }
    assert_eq!(visitor.get("chips"), "/dev/gpiochip0 pinctrl-bcm2835 54");
}

#[test]
fn what_the_board_has_not_is_not_there_even_if_the_machine_has_it() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    for path in ["/dev/i2c-0", "/dev/gpiochip4", "/dev/gpiomem", "/dev/mem"] {
        visitor.refused(&format!("open {path}"), "os error 2");
        visitor.refused(&format!("stat {path}"), "os error 2");
    }
    // And what is nobody's business is the kernel's.
    assert_eq!(visitor.get("stat /dev/null"), "device=true bytes=0");
    assert!(visitor.get("read-file /proc/self/comm").starts_with("fakeboard-visi"));
}

#[test]
fn other_chips_have_other_names() {
    for (plan, told) in [
        (Plan::pi4(), "/dev/gpiochip0 pinctrl-bcm2711 58"),
        (Plan::pi5(), "/dev/gpiochip4 pinctrl-rp1 54"),
    ] {
        let Some(mut visitor) = Visitor::come_to(plan) else {
            return;
        };
        assert_eq!(visitor.get("chips"), told);
    }
}

#[test]
fn files_of_the_device_tree_can_be_made_up() {
    let mut plan = Plan::default();
    let product = "/proc/device-tree/hat/product";
    plan.files.insert(product.into(), b"a hat\0".to_vec());
    let Some(mut visitor) = Visitor::come_to(plan) else {
        return;
    };
    assert_eq!(visitor.get(&format!("stat {product}")), "device=false bytes=6");
    assert_eq!(visitor.get(&format!("read-file {product}")), "a hat\0");
    visitor.refused("read-file /proc/device-tree/hat/vendor", "os error 2");
}

#[test]
fn the_watchdog_is_somebody_elses_and_asking_for_it_is_noticed() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    assert_eq!(visitor.board.watchdog_opens(), 0);
    visitor.refused("open /dev/watchdog", "os error 16");
    assert_eq!(visitor.board.watchdog_opens(), 1);
}
