//! Addresses nothing is sent to, also when a name leads there only at the second look.

use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;

use pairbox::gateway::post::Post;
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::receiver::Receiver;
use super::rig::{FAST, Rig, chat};

/// A name service that says something else each time.
#[derive(Debug)]
struct Names {
    answers: Mutex<Vec<Vec<IpAddr>>>,
}

impl Names {
    /// The last answer is given again and again.
    fn of(answers: &[&[&str]]) -> Self {
        let one = |names: &&[&str]| names.iter().map(|it| it.parse().unwrap()).collect();
        let mut answers: Vec<_> = answers.iter().map(one).collect();
        answers.reverse();
        Self {
            answers: Mutex::new(answers),
        }
    }
}

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop().unwrap()
        } else {
            answers[0].clone()
        };
        let mut addresses = self.empty();
        for ip in answer {
            addresses.push(SocketAddr::new(ip, uri.port_u16().unwrap_or(80)));
        }
        Ok(addresses)
    }
}

/// Why the first delivery to that URL waits.
fn why(url: &str, post: Post) -> String {
    let rig = Rig::with(FAST, post);
    let hook = rig.webhook(url, &["message"]);
    rig.tell(&chat(1), 1);
    let waiting = rig.wait_pending(hook, |it| it.attempts > 0);
    waiting.last_error.unwrap()
}

#[test]
fn an_address_that_is_refused_is_refused_however_it_is_written() {
    for host in [
        "169.254.169.254",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        // Forms that only the resolver understands.
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "100.100.100.200",
        "[fd00:ec2::254]",
        "metadata.google.internal",
    ] {
        let why = why(&format!("http://{host}/latest/meta-data"), Post::default());
        assert!(why.contains("nothing is sent there"), "{host}: {why}");
    }
}

#[test]
fn a_name_that_leads_elsewhere_the_second_time_gets_nowhere() {
    let receiver = Receiver::willing();
    let names = Names::of(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let rig = Rig::with(FAST, Post::with_names(names));
    let hook = rig.webhook(
        &format!("http://good.example:{}/", receiver.address.port()),
        &["message"],
    );
    rig.tell(&chat(1), 1);
    receiver.wait_taken(1);
    rig.wait_line(hook, |line| line.pending == 0);
    // A connection of its own: the one that is open leads where it was allowed.
    rig.change(hook, |hook| hook.url = hook.url.replace("good", "evil"));
    rig.tell(&chat(1), 2);
    let why = rig
        .wait_pending(hook, |it| it.attempts > 0)
        .last_error
        .unwrap();
    assert!(why.contains("nothing is sent there"), "{why}");
    assert_eq!(receiver.heard().len(), 1);
}

#[test]
fn of_several_addresses_the_good_one_is_taken() {
    let receiver = Receiver::willing();
    let names = Names::of(&[&["::ffff:169.254.169.254", "127.0.0.1"]]);
    let rig = Rig::with(FAST, Post::with_names(names));
    rig.webhook(
        &format!("http://two.example:{}/", receiver.address.port()),
        &["message"],
    );
    rig.tell(&chat(1), 1);
    receiver.wait_taken(1);
}
