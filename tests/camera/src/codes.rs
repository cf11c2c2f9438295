//! The texts on show and the screens that show them.

use std::time::Duration;

use anyhow::{Context as _, Result};
use pairbox::account::AccountId;
use pairbox::secret::Secret;
use pairbox::snapshot::{AccountView, Pairing, PanelHealth, QrCode, Snapshot, Status};
use pairbox::time::Mono;
use pairbox::view::{self, Format, Frame, qr};

/// Bytes of today's pairing text: five fields, no prefix (HARDWARE.md 1.1).
pub const TODAY: usize = 239;

/// Lengths of texts, and how many different texts of each. 219: the older, shorter reference. 277:
/// with the prefix that starts the phone's camera (HARDWARE.md 1.1).
pub const LENGTHS: [(usize, u64); 3] = [(TODAY, 8), (219, 4), (277, 4)];

/// When the screen is drawn: the code has just come up.
const NOW: Mono = Mono(Duration::from_secs(240));

/// A text as random-looking as a pairing text.
pub fn text(bytes: usize, seed: u64) -> String {
    const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = seed * 1000 + bytes as u64;
    let mut text = String::from("2@");
    while text.len() < bytes {
        // Knuth's MMIX generator; its high bits are the good ones.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        text.push(char::from(BASE64[(state >> 58) as usize]));
    }
    text
}

/// The QR screen as the program draws it.
pub fn screen(text: &str, format: Format) -> Frame {
    view::draw(&snapshot(text), format, NOW)
}

/// What the program would draw if it took the smallest version instead of the best error correction:
/// the code alone in the middle of the lit panel, one pixel a module.
pub fn smallest_version(text: &str, format: Format) -> Result<Frame> {
    let code = (17..=177)
        .find_map(|modules| qr::encode(text.as_bytes(), modules))
        .context("no version holds the text")?;
    let geometry = format.geometry;
    let mut frame = Frame::new(geometry);
    frame.fill((0, 0), (geometry.width, geometry.height), true);
    let left = (geometry.width - code.size) / 2;
    let top = (geometry.height - code.size) / 2;
    for (x, y) in (0..code.size).flat_map(|y| (0..code.size).map(move |x| (x, y))) {
        frame.set(left + x, top + y, !code.dark(x, y));
    }
    Ok(frame)
}

fn snapshot(text: &str) -> Snapshot {
    Snapshot {
        seq: 1,
        selected: AccountId::FIRST,
        accounts: vec![AccountView {
            status: Status::ScanQrCode(Pairing {
                qr: Some(QrCode {
                    code: Secret::new(text.to_owned()),
                    seq: 1,
                    shown_at: NOW,
                    lifetime: Duration::from_secs(60),
                }),
                typed: None,
            }),
            enabled: true,
            since: NOW,
            ..AccountView::blank(AccountId::FIRST, "Shop")
        }],
        attended: true,
        panel: PanelHealth::Attached,
        ..Snapshot::blank()
    }
}
