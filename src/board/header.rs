//! The 40-pin header: which BCM line is on which pin, and where supply and ground are.
//!
//! Source: the pin table of the Raspberry Pi documentation ("GPIO and the 40-pin header"), the same
//! on every Pi since the B+ of 2014. Data only.

/// Pins by BCM line: `PINS[line]`.
const PINS: [u8; 28] = [
    27, 28, 3, 5, 7, 29, 31, 26, 24, 21, // 0 to 9
    19, 23, 32, 33, 8, 10, 36, 11, 12, 35, // 10 to 19
    38, 40, 15, 16, 18, 22, 37, 13, // 20 to 27
];

/// Pins with 3.3 V.
const VOLTS_3_3: [u8; 2] = [1, 17];

/// Pins with 5 V.
const VOLTS_5: [u8; 2] = [2, 4];

/// Pins that are ground.
const GROUND: [u8; 8] = [6, 9, 14, 20, 25, 30, 34, 39];

/// The pin of a BCM line; `None` for a line that is not on the header.
#[must_use]
pub fn pin(line: u8) -> Option<u8> {
    PINS.get(usize::from(line)).copied()
}

/// What a supply pin carries; `None` for a pin with a line on it, or none at all.
#[must_use]
pub fn supply(pin: u8) -> Option<&'static str> {
    if VOLTS_3_3.contains(&pin) {
        Some("3.3 V")
    } else if VOLTS_5.contains(&pin) {
        Some("5 V")
    } else if GROUND.contains(&pin) {
        Some("GND")
    } else {
        None
    }
}

/// The ground pin nearest to `pin` that is not among `taken`; one may be shared when all are.
#[must_use]
pub fn ground_near(pin: u8, taken: &[u8]) -> u8 {
    let nearest = |free: &dyn Fn(&u8) -> bool| {
        GROUND
            .into_iter()
            .filter(|ground| free(ground))
            .min_by_key(|ground| ground.abs_diff(pin))
    };
    nearest(&|ground| !taken.contains(ground))
        .or_else(|| nearest(&|_| true))
        .unwrap_or(GROUND[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_pairs() {
        // From `pinout` of Raspberry Pi OS and the drawings in the boards' manuals.
        for (line, at) in [
            (2, 3),   // SDA1
            (3, 5),   // SCL1
            (4, 7),   // GPCLK0
            (14, 8),  // TXD0
            (15, 10), // RXD0
            (17, 11),
            (18, 12), // PCM_CLK
            (27, 13),
            (10, 19), // MOSI
            (9, 21),  // MISO
            (11, 23), // SCLK
            (8, 24),  // CE0
            (7, 26),  // CE1
            (24, 18),
            (25, 22),
            (5, 29),
            (6, 31),
            (21, 40),
            (20, 38),
            (16, 36),
            (26, 37),
        ] {
            assert_eq!(pin(line), Some(at), "BCM {line}");
        }
        assert_eq!(pin(28), None);
    }

    #[test]
    fn every_pin_is_one_thing() {
        let mut pins: Vec<u8> = PINS.into_iter().collect();
        pins.extend(VOLTS_3_3);
        pins.extend(VOLTS_5);
        pins.extend(GROUND);
        pins.sort_unstable();
        assert_eq!(pins, (1..=40).collect::<Vec<_>>());
        assert_eq!(
            (supply(1), supply(4), supply(39)),
            (Some("3.3 V"), Some("5 V"), Some("GND"))
        );
        assert_eq!((supply(3), supply(41)), (None, None));
    }

    #[test]
    fn grounds_are_near_and_not_shared_while_there_are_others() {
        assert_eq!(ground_near(29, &[]), 30);
        assert_eq!(ground_near(31, &[30]), 34);
        assert_eq!(ground_near(31, &GROUND), 30);
    }
}
