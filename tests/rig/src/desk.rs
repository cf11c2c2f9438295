//! The desk: a page that shows the glass as a camera would see it, with everything a person could do
//! to the box within reach. For people; tests do the same through [`Scene`].

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, anyhow};
use pairbox_chips::Button;
use serde_json::json;
use tiny_http::{Header, Method, Request, Response, Server};

use crate::scene::{Action, Scene};

const PAGE: &str = include_str!("desk.html");

/// How much larger than its pixels the glass is shown.
const ENLARGED: u32 = 5;

/// The page's server.
pub struct Desk {
    server: Arc<Server>,
    scene: Arc<Mutex<Scene>>,
}

impl Desk {
    /// Opens the page at `address`.
    pub fn open(address: SocketAddr, scene: Scene) -> Result<Self> {
        let server = Server::http(address).map_err(|error| anyhow!("{address}: {error}"))?;
        Ok(Self {
            server: Arc::new(server),
            scene: Arc::new(Mutex::new(scene)),
        })
    }

    /// Where it is.
    pub fn address(&self) -> String {
        self.server.server_addr().to_string()
    }

    /// Where the box's own page is.
    pub fn page(&self) -> Result<SocketAddr> {
        Ok(self.scene().box_on()?.page())
    }

    /// Answers for ever. Each request has its own thread: a scan takes as long as the phone takes.
    pub fn serve(&self) {
        for request in self.server.incoming_requests() {
            let scene = Arc::clone(&self.scene);
            std::thread::spawn(move || {
                if let Err(error) = answer(request, &scene) {
                    eprintln!("desk: {error:#}");
                }
            });
        }
    }

    fn scene(&self) -> MutexGuard<'_, Scene> {
        lock(&self.scene)
    }
}

fn lock(scene: &Mutex<Scene>) -> MutexGuard<'_, Scene> {
    scene.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(request: Request, scene: &Mutex<Scene>) -> Result<()> {
    let path = request
        .url()
        .split('?')
        .next()
        .unwrap_or_default()
        .to_owned();
    match (request.method(), path.as_str()) {
        (Method::Get, "/") => respond(request, "text/html; charset=utf-8", PAGE.as_bytes()),
        (Method::Get, "/glass.png") => {
            let picture = lock(scene).bench().picture();
            respond(request, "image/png", &picture.to_png(ENLARGED))
        }
        (Method::Get, "/state") => {
            let page = lock(scene)
                .powered()
                .map(|powered| format!("http://{}/", powered.page()));
            let state = json!({"page": page}).to_string();
            respond(request, "application/json", state.as_bytes())
        }
        (Method::Post, path) => {
            let said = match action(path) {
                Some(action) => match lock(scene).act(action) {
                    Ok(said) => said,
                    Err(error) => format!("{error:#}"),
                },
                None => format!("there is no {path}"),
            };
            respond(
                request,
                "application/json",
                json!({"said": said}).to_string().as_bytes(),
            )
        }
        _ => {
            request.respond(Response::empty(404))?;
            Ok(())
        }
    }
}

fn action(path: &str) -> Option<Action> {
    Some(match path {
        "/connect/tap" => Action::Tap(Button::Connect),
        "/disconnect/tap" => Action::Tap(Button::Disconnect),
        "/disconnect/press" => Action::Press(Button::Disconnect),
        "/disconnect/release" => Action::Release(Button::Disconnect),
        "/scan" => Action::Scan,
        "/remove" => Action::Remove,
        "/greet" => Action::Greet,
        "/drop" => Action::Drop,
        "/replace" => Action::Replace,
        "/power" => Action::Power,
        _ => return None,
    })
}

fn respond(request: Request, kind: &str, body: &[u8]) -> Result<()> {
    let header = |name: &str, value: &str| {
        Header::from_bytes(name, value).map_err(|()| anyhow!("a malformed header: {name}"))
    };
    let response = Response::from_data(body)
        .with_header(header("Content-Type", kind)?)
        .with_header(header("Cache-Control", "no-store")?);
    request.respond(response)?;
    Ok(())
}
