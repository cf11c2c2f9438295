//! What stands in the way, told from real errors of real sockets.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use pairbox::clock::Clock;
use pairbox::event::LinkEvent;
use pairbox::fault::Obstacle;
use pairbox::whatsapp::dial::{DialError, dial};
use pairbox::whatsapp::obstacle::{Surroundings, obstacle};
use pairbox::whatsapp::traffic::Traffic;
use pairbox_sim::{Fault, Options, Portal, Service};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use super::scene::Scene;

const WELL: Surroundings = Surroundings {
    routed: true,
    clock_set: true,
};

async fn error(url: &str) -> DialError {
    match dial(url, &Traffic::default()).await {
        Ok(_) => panic!("{url} took us"),
        Err(error) => error,
    }
}

async fn found(url: &str) -> Obstacle {
    obstacle(&error(url).await, WELL)
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Somebody who takes one connection, listens to the first thing said, answers with `answer` whatever
/// it was, and hangs up.
fn somebody(answer: &'static [u8]) -> u16 {
    let (listener, port) = listener();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = [0; 4096];
        let _ = stream.read(&mut heard).unwrap();
        stream.write_all(answer).unwrap();
    });
    port
}

#[tokio::test]
async fn a_closed_port_and_one_that_hangs_up_do_not_answer() {
    let (closed, port) = listener();
    drop(closed);
    let refused = found(&format!("ws://127.0.0.1:{port}/ws/chat")).await;
    assert_eq!(refused, Obstacle::NoAnswer);
    for scheme in ["ws", "wss"] {
        let url = format!("{scheme}://127.0.0.1:{}/ws/chat", somebody(b""));
        assert_eq!(found(&url).await, Obstacle::NoAnswer, "{scheme}");
    }
}

#[tokio::test]
async fn a_name_that_is_none_is_the_name_service() {
    let error = error("wss://pairbox.invalid/ws/chat").await;
    assert_eq!(obstacle(&error, WELL), Obstacle::Dns, "{error}");
    let offline = Surroundings {
        routed: false,
        ..WELL
    };
    assert_eq!(obstacle(&error, offline), Obstacle::NoNetwork);
    assert!(error.to_string().contains("pairbox.invalid"), "{error}");
}

#[tokio::test]
async fn an_address_no_route_leads_to_is_no_network() {
    // Nobody can be connected to by the limited broadcast address: the kernel has no route for that.
    let url = "ws://255.255.255.255:80/ws/chat";
    assert_eq!(found(url).await, Obstacle::NoNetwork);
}

#[tokio::test]
async fn a_login_page_in_the_services_place_is_a_portal() {
    let service = Service::start(Options::default()).unwrap();
    for portal in [Portal::Page, Portal::Redirect] {
        service.set_fault(Fault::Portal(portal));
        assert_eq!(found(&service.url()).await, Obstacle::Portal, "{portal:?}");
    }
    // The service itself says no: that is none.
    service.clear_faults();
    let elsewhere = service.url().replace("/ws/chat", "/elsewhere");
    assert_eq!(found(&elsewhere).await, Obstacle::NoAnswer);
}

#[tokio::test]
async fn plain_http_where_tls_belongs_is_a_portal() {
    let port = somebody(b"HTTP/1.1 302 Found\r\nLocation: http://portal.invalid/\r\n\r\n");
    let url = format!("wss://127.0.0.1:{port}/ws/chat");
    assert_eq!(found(&url).await, Obstacle::Portal);
}

#[tokio::test]
async fn a_certificate_of_somebody_else_is_a_portal_once_the_clock_is_set() {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(
        tokio_rustls::rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(vec![issued.cert.der().clone()], key.into())
    .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // The client hangs up on it.
            let _ = acceptor.accept(stream).await;
        }
    });
    let error = error(&format!("wss://127.0.0.1:{port}/ws/chat")).await;
    assert!(matches!(error, DialError::Tls(_)), "{error}");
    assert_eq!(obstacle(&error, WELL), Obstacle::Portal, "{error}");
    let unset = Surroundings {
        clock_set: false,
        ..WELL
    };
    assert_eq!(obstacle(&error, unset), Obstacle::Clock);
}

#[test]
fn a_link_whose_service_does_not_answer_says_which_step_hangs() {
    let scene = Scene::set();
    scene.service.set_fault(Fault::Stall);
    let mut running = scene.start();
    let why = running.wait("trouble", |event| match event {
        LinkEvent::Alive {
            socket: false,
            trouble: Some(trouble),
            ..
        } => Some(trouble.why.clone()),
        _ => None,
    });
    assert!(why.contains("WebSocket"), "{why}");
}

#[test]
fn a_link_says_what_stands_in_its_way_and_that_it_is_gone() {
    let scene = Scene::set();
    assert!(Clock::start().now().wall.is_some());
    scene.service.set_fault(Fault::Portal(Portal::Page));
    let mut running = scene.start();
    let trouble = running.wait("trouble", |event| match event {
        LinkEvent::Alive {
            trouble: Some(trouble),
            ..
        } => Some(trouble.clone()),
        _ => None,
    });
    assert_eq!(trouble.obstacle, Obstacle::Portal, "{}", trouble.why);
    scene.service.clear_faults();
    running.wait("no trouble", |event| {
        matches!(
            event,
            LinkEvent::Alive {
                socket: true,
                trouble: None,
                ..
            }
        )
        .then_some(())
    });
}
