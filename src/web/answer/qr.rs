//! `GET …/qr`: the one place where a QR's text leaves the box other than over the glass.

use std::fmt;

use serde::Serialize;

use super::Desk;
use crate::fault::Fault;
use crate::secret::Secret;
use crate::snapshot::{AccountView, Pairing, QrCode, Status};
use crate::web::problem::Problem;
use crate::web::reply::Reply;
use crate::web::route::query::QrFormat;
use crate::web::status::Eye;
use crate::web::status::session::{remaining, session};

/// How a text becomes a picture of a QR, dark on light with a quiet zone; each is `None` when the text
/// does not fit one.
#[derive(Clone, Copy)]
pub struct QrDrawings {
    /// An SVG document.
    pub svg: fn(&str) -> Option<String>,
    /// A PNG file, large enough to be scanned from a screen.
    pub png: fn(&str) -> Option<Vec<u8>>,
    /// Lines of half blocks: light modules are drawn, as terminals are dark.
    pub ascii: fn(&str) -> Option<String>,
}

impl fmt::Debug for QrDrawings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QrDrawings")
    }
}

/// `format=json`.
#[derive(Serialize)]
struct QrBody<'a> {
    code: &'a str,
    expires_at: Option<String>,
    expires_in_ms: u64,
    /// Which code of this run, from 1.
    seq: u32,
    /// Codes to come in this run.
    remaining: u32,
}

impl Desk {
    pub(super) fn qr(
        &self,
        account: &AccountView,
        format: QrFormat,
        eye: &Eye<'_>,
    ) -> Result<Reply, Problem> {
        match &account.status {
            // A code that has run out is as good as none: the next one is on its way.
            Status::ScanQrCode(Pairing { qr: Some(qr), .. }) if eye.now.mono < qr.expires_at() => {
                self.draw(qr, format, eye)
            }
            // All codes of the run are used up: a code to type may still live, or nobody scanned at all.
            Status::ScanQrCode(Pairing {
                qr: None,
                typed: Some(_),
            })
            | Status::Failed {
                fault: Fault::QrExhausted,
                ..
            } => Err(exhausted()),
            Status::ScanQrCode(_) | Status::Starting { .. } if !account.linked => Ok(Reply::json(
                202,
                &session(account, self.waiting(account.id), eye),
            )
            .header("Retry-After", "1")),
            Status::Working => Err(Problem::new(
                409,
                "already_working",
                "The session is connected.",
            )),
            _ => Err(Problem::new(
                409,
                "not_pairing",
                "Start the session to get a QR.",
            )),
        }
    }

    fn draw(&self, qr: &QrCode, format: QrFormat, eye: &Eye<'_>) -> Result<Reply, Problem> {
        const TEXT: &str = "text/plain; charset=utf-8";
        let code: &Secret = &qr.code;
        let drawings = &self.context.qr;
        let reply = match format {
            QrFormat::Json => {
                let body = QrBody {
                    code: code.expose(),
                    expires_at: eye.wall(qr.expires_at()),
                    expires_in_ms: eye.until(qr.expires_at()),
                    seq: qr.seq,
                    remaining: remaining(qr.seq),
                };
                Some(Reply::json(200, &body))
            }
            QrFormat::Raw => Some(Reply::new(200, TEXT, code.expose().into())),
            QrFormat::Png => {
                (drawings.png)(code.expose()).map(|png| Reply::new(200, "image/png", png))
            }
            QrFormat::Svg => (drawings.svg)(code.expose()).map(|svg| {
                Reply::new(200, "image/svg+xml", svg.into_bytes()).header(
                    "Content-Security-Policy",
                    "default-src 'none'; style-src 'unsafe-inline'",
                )
            }),
            QrFormat::Ascii => {
                (drawings.ascii)(code.expose()).map(|text| Reply::new(200, TEXT, text.into_bytes()))
            }
        };
        reply.ok_or_else(|| Problem::new(500, "qr_too_long", "The code does not fit a QR."))
    }
}

fn exhausted() -> Problem {
    Problem::new(410, "qr_exhausted", Fault::QrExhausted.advice())
}
