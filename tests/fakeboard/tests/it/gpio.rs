//! Lines: who may have them, what they read, and what they tell.

use std::time::Duration;

use pairbox_fakeboard::Bounce;

use crate::visitor::Visitor;

const CHIP: &str = "/dev/gpiochip0";

#[test]
fn the_resistor_decides_about_an_open_line_and_the_button_about_a_closed_one() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    for (options, open, closed) in [
        ("in up", "Active", "Inactive"),
        ("in up low", "Inactive", "Active"),
        ("in down", "Inactive", "Inactive"),
        ("in down low", "Active", "Active"),
    ] {
        visitor.get(&format!("request a {CHIP} 20 {options}"));
        assert_eq!(visitor.get("get a 20"), open, "{options}");
        visitor.board.set_line(20, Some(false));
        assert_eq!(visitor.get("get a 20"), closed, "{options}");
        visitor.board.set_line(20, None);
        visitor.get("close a");
    }
    // Without a resistor it is what it is at power-on: 0 to 8 high, the others low.
    visitor.get(&format!("request b {CHIP} 5,20 in off"));
    assert_eq!(visitor.get("get b 5"), "Active");
    assert_eq!(visitor.get("get b 20"), "Inactive");
}

#[test]
fn edges_are_told_with_their_polarity() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    for (options, told) in [
        ("in up edges", "-5 +5"),
        ("in up low edges", "+5 -5"),
        ("in up low rising", "+5"),
        ("in up low falling", "-5"),
        ("in up rising", "+5"),
    ] {
        visitor.get(&format!("request a {CHIP} 5,6 {options}"));
        visitor.board.set_line(5, Some(false));
        visitor.board.set_line(5, None);
        assert_eq!(visitor.get("events a 50"), told, "{options}");
        visitor.get("close a");
    }
}

#[test]
fn taking_a_line_is_no_edge() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    // The pull-up raises line 20, which was low, and the button holds line 21 down.
    visitor.board.set_line(21, Some(false));
    visitor.get(&format!("request a {CHIP} 20,21 in up low edges"));
    assert_eq!(visitor.get("get a 20"), "Inactive");
    assert_eq!(visitor.get("get a 21"), "Active");
    assert_eq!(visitor.get("events a 50"), "");
}

#[test]
fn the_kernel_debounces() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    // Far longer than the gaps of the bounce, however busy this machine is; exact times are tested
    // in virtual time (`src/gpio/request.rs`).
    visitor.get(&format!("request a {CHIP} 5 in up low edges debounce=200000"));
    let bounce = Bounce {
        times: 6,
        every: Duration::from_millis(2),
    };
    // A press with a bouncing contact is one edge, and so is the release.
    visitor.board.move_contact(5, true, bounce);
    assert_eq!(visitor.get("get a 5"), "Inactive", "it has not settled");
    assert_eq!(visitor.get("events a 500"), "+5");
    assert_eq!(visitor.get("get a 5"), "Active");
    visitor.board.move_contact(5, false, bounce);
    assert_eq!(visitor.get("events a 500"), "-5");
    // Without the debouncing all of it is told.
    visitor.get("close a");
    visitor.get(&format!("request a {CHIP} 5 in up low edges buffer=64"));
    visitor.board.move_contact(5, true, bounce);
    assert_eq!(visitor.get("events a 300").split(' ').count(), 13);
}

#[test]
fn a_line_is_held_by_one() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    visitor.get(&format!("request first {CHIP} 5 in up"));
    visitor.refused(&format!("request second {CHIP} 6,5 in up"), "os error 16");
    let info = visitor.get(&format!("info {CHIP} 5"));
    assert!(
        info.starts_with("GPIO5 Input used=true by=\"first\" active_low=false bias=Some(PullUp)"),
        "{info}"
    );
    // The request that failed holds nothing of what it asked for.
    visitor.get(&format!("request third {CHIP} 6 in up"));
    // A duplicate of the descriptor keeps the line; the last one lets it go.
    visitor.get("duplicate first");
    visitor.get("close first");
    visitor.refused(&format!("request again {CHIP} 5 in up"), "os error 16");
    visitor.get("drop-duplicates third");
    visitor.get(&format!("request again {CHIP} 5 in up"));
}

#[test]
fn a_closed_line_is_free_at_once() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    for _ in 0..250 {
        // More often than there are numbers for descriptors.
        visitor.get(&format!("request a {CHIP} 5 in up"));
        visitor.get("close a");
    }
    assert_eq!(visitor.board.holder(5), None);
}

#[test]
fn a_driver_of_the_kernel_keeps_its_line() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    visitor.board.occupy(5, Some("gpio-keys"));
    visitor.refused(&format!("request a {CHIP} 5 in up"), "os error 16");
    let info = visitor.get(&format!("info {CHIP} 5"));
    assert!(info.contains("used=true by=\"gpio-keys\""), "{info}");
    visitor.board.occupy(5, None);
    visitor.get(&format!("request a {CHIP} 5 in up"));
}

#[test]
fn outputs_drive_the_wire_and_the_module_hears_it_before_the_bytes() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    visitor.get("spi-open 0 1000000");
    visitor.get(&format!("request dc {CHIP} 25 out=1"));
    assert_eq!(visitor.board.driven(25), Some(true));
    visitor.get("set dc 25 0");
    visitor.get("spi-write ae");
    visitor.get("set dc 25 1");
    visitor.get("spi-write 00");
    let heard = visitor.heard.take();
    assert_eq!(heard, ["dc 1", "dc 0", "spi: [ae]", "dc 1", "spi: [00]"]);
    assert_eq!(visitor.get("get dc 25"), "Active");
    // Active-low turns it round, on the wire and back.
    visitor.get("configure dc out=1 low");
    assert!(!visitor.board.level(25));
    visitor.get("set dc 25 0");
    assert!(visitor.board.level(25));
    assert_eq!(visitor.get("get dc 25"), "Inactive");
    // Letting go leaves it to the resistor of power-on.
    visitor.get("close dc");
    assert_eq!(visitor.board.holder(25), None);
    assert!(!visitor.board.level(25));
}

#[test]
fn what_cannot_be_is_refused() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    visitor.refused(&format!("request a {CHIP} 54 in up"), "os error 22");
    visitor.get(&format!("request a {CHIP} 5 in up"));
    visitor.refused("set a 5 1", "os error 1)");
}

#[test]
fn several_requests_at_once_and_a_new_configuration() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    visitor.get(&format!("request a {CHIP} 5 in up low edges"));
    visitor.get(&format!("request b {CHIP} 6 in up edges"));
    visitor.board.set_line(6, Some(false));
    visitor.board.set_line(5, Some(false));
    assert_eq!(visitor.get("events b 50"), "-6");
    assert_eq!(visitor.get("events a 50"), "+5");
    visitor.get("configure a in up high edges debounce=5000");
    assert_eq!(visitor.get("get a 5"), "Inactive");
    visitor.board.set_line(5, None);
    assert_eq!(visitor.get("events a 50"), "+5");
}

#[test]
fn the_modules_own_line_can_be_read() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    visitor.get(&format!("request busy {CHIP} 24 in"));
    assert_eq!(visitor.get("get busy 24"), "Inactive");
    visitor.board.stick(24, Some(true));
    assert_eq!(visitor.get("get busy 24"), "Active");
    visitor.board.stick(24, None);
    assert_eq!(visitor.get("get busy 24"), "Inactive");
}

#[test]
fn a_storm_nobody_reads_keeps_the_newest() {
    let Some(mut visitor) = Visitor::come() else {
        return;
    };
    visitor.get(&format!("request a {CHIP} 5 in up low edges buffer=4"));
    for _ in 0..500 {
        visitor.board.set_line(5, Some(false));
        visitor.board.set_line(5, None);
    }
    let (edges, lost) = visitor.board.edges();
    assert_eq!(edges, 1000);
    let told = visitor.get("events a 50");
    let told: Vec<&str> = told.split(' ').collect();
    assert_eq!(told.len() as u64 + lost, edges);
    assert!(lost > 900, "{lost}");
    assert_eq!(told.last(), Some(&"-5"), "the newest is there");
}
