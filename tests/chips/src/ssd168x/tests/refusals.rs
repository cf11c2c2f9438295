//! Everything a chip must refuse, each once.

use super::{SMALL, ready, send, settle};
use crate::spi_cable::{Line, SpiCable};
use crate::ssd168x::PaperModule;
use crate::violation::Violation;

/// Commands with their parameters.
type Commands<'a> = &'a [(u8, &'a [u8])];

/// What a chip that is ready says to these commands.
fn said(module: PaperModule, commands: Commands) -> Vec<Violation> {
    let cable = ready(module);
    for (command, parameters) in commands {
        send(&cable, *command, parameters);
        settle(&cable);
    }
    cable.violations()
}

#[test]
fn each_mistake_is_told_once() {
    let parameter = |command, value| Violation::Parameter { command, value };
    let long = [0; 16 * 250 + 2];
    let cases: [(Commands, Violation); 19] = [
        (&[(0x00, &[])], Violation::UnknownCommand(0x00)),
        (&[(0xaf, &[1, 2])], Violation::UnknownCommand(0xaf)),
        (&[(0x74, &[0x54])], Violation::UnknownCommand(0x74)),
        (&[(0x46, &[0xf7])], Violation::NotModelled(0x46)),
        (&[(0x27, &[])], Violation::NotModelled(0x27)),
        (
            &[(0x01, &[0xf9, 0]), (0x7f, &[])],
            Violation::Truncated(0x01),
        ),
        (
            &[(0x32, &[0; 152]), (0x7f, &[])],
            Violation::Truncated(0x32),
        ),
        (&[(0x3c, &[5, 5, 5])], Violation::TooManyParameters(0x3c)),
        (&[(0x7f, &[1])], Violation::TooManyParameters(0x7f)),
        (&[(0x01, &[0xf9, 0, 4])], parameter(0x01, 4)),
        (&[(0x01, &[0x28, 1, 0])], parameter(0x01, 1)),
        (&[(0x10, &[2])], parameter(0x10, 2)),
        (&[(0x11, &[8])], parameter(0x11, 8)),
        (&[(0x18, &[0])], parameter(0x18, 0)),
        (&[(0x21, &[0x10, 0x80])], parameter(0x21, 0x10)),
        (&[(0x44, &[0, 22])], Violation::Window(0x44)),
        (&[(0x45, &[0, 0, 0x28, 1])], Violation::Window(0x45)),
        (&[(0x11, &[0]), (0x24, &[1])], Violation::Window(0x24)),
        (&[(0x24, &long)], Violation::TooMuchData(0x24)),
    ];
    for (commands, violation) in cases {
        let said = said(SMALL, commands);
        assert_eq!(said, std::slice::from_ref(&violation), "{violation}");
    }
    let outside = [(0x4e, &[16][..]), (0x24, &[0; 9])];
    assert_eq!(said(SMALL, &outside), [Violation::CounterOutsideWindow]);
    // The SSD1683 has 50 bytes a line, 300 lines, a longer waveform, and no sources to choose from.
    let large = PaperModule::Waveshare4in2V2;
    assert_eq!(said(large, &[(0x44, &[0, 49])]), []);
    assert_eq!(said(large, &[(0x32, &[0; 227])]), []);
    assert_eq!(said(large, &[(0x44, &[0, 50])]), [Violation::Window(0x44)]);
    assert_eq!(said(large, &[(0x21, &[0, 0x80])]), [parameter(0x21, 0x80)]);
}

#[test]
fn a_refresh_needs_its_supply_and_its_waveform() {
    let lone = |sequence| said(SMALL, &[(0x22, &[sequence]), (0x20, &[])]);
    assert_eq!(lone(0x14), [Violation::RefreshWithoutSupply(0x14)]);
    assert_eq!(lone(0xc7), [Violation::RefreshWithoutWaveform(0xc7)]);
    assert_eq!(lone(0xf7), []);
    // The waveform of mode 1 is none for mode 2.
    let mixed: [(u8, &[u8]); 4] = [(0x22, &[0xb1]), (0x20, &[]), (0x22, &[0xcf]), (0x20, &[])];
    assert_eq!(
        said(SMALL, &mixed),
        [Violation::RefreshWithoutWaveform(0xcf)]
    );
}

#[test]
fn the_level_of_dc_decides() {
    // A parameter sent as a command is another command; a command sent as a parameter is one too many.
    let cable = ready(SMALL);
    cable.set_line(Line::Dc, false);
    cable.spi_write(&[0x3c, 0x05]).unwrap();
    assert_eq!(
        cable.violations(),
        [Violation::Truncated(0x3c), Violation::UnknownCommand(0x05)]
    );
    let cable = ready(SMALL);
    cable.set_line(Line::Dc, true);
    cable.spi_write(&[0x24, 0xff]).unwrap();
    let violations = cable.violations();
    assert!(
        matches!(
            violations[..],
            [Violation::DataWithoutCommand | Violation::TooManyParameters(_)]
        ),
        "{violations:?}"
    );
}

#[test]
fn the_supply_has_to_settle_and_the_reset_to_be_over() {
    let cable = SpiCable::paper(SMALL);
    cable.set_line(Line::Power, true);
    cable.clock().wait(std::time::Duration::from_millis(4));
    send(&cable, 0x12, &[]);
    assert!(
        matches!(cable.violations()[..], [Violation::TooSoon(age)] if age.as_millis() == 4),
        "{:?}",
        cable.violations()
    );
    let cable = ready(SMALL);
    cable.set_line(Line::Reset, false);
    send(&cable, 0x12, &[]);
    assert_eq!(cable.violations(), [Violation::InReset]);
}
