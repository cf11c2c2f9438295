//! The box writes to its state directory and nowhere else: here everything else is read-only, as on a box
//! whose root is, and the state lies on a small disk of its own that files fill up. Needs root, for a mount
//! namespace; says so where it cannot be checked.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use pairbox_rig::doors::Door;
use pairbox_rig::linking;
use pairbox_rig::power::PoweredBox;
use pairbox_rig::workbench::{ALICE, OWNER, Workbench};
use pairbox_sim::Event;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// In a mount namespace of its own: a file system of 32 MB for the state, one for the runtime directory, and
/// all others read-only, which is looked at before the program begins.
const READ_ONLY: &str = r#"
set -eu
state=$1 run=$2
shift 2
mount -t tmpfs -o size=32m,mode=0700 state "$state"
mount -t tmpfs -o size=1m,mode=0700 run "$run"
cut -d' ' -f5 /proc/self/mountinfo | sort -u | while read -r at; do
  case "$at" in "$state" | "$run" | /proc | /proc/* | /sys | /sys/*) continue ;; esac
  mount -o remount,bind,ro "$at" 2> /dev/null || true
done
for at in "$(dirname "$state")" /tmp /var/tmp /var/lib /run /dev/shm /etc /; do
  [ -d "$at" ] || continue
  if (: > "$at/pairbox-was-here") 2> /dev/null; then
    rm -f "$at/pairbox-was-here"
    echo "pairbox-namespace: $at can be written" >&2
    exit 9
  fi
done
export RUNTIME_DIRECTORY="$run"
exec "$@"
"#;

/// Whether this process may make the namespace.
fn may() -> bool {
    let made = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "true"])
        .stderr(Stdio::null())
        .status();
    made.is_ok_and(|made| made.success())
}

fn power_on(bench: &Workbench, run: &Path) -> PoweredBox {
    let config = bench.socket.configure().unwrap();
    let child = Command::new("unshare")
        .args([
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            READ_ONLY,
            "sh",
        ])
        .arg(bench.folder.path().join("state"))
        .arg(run)
        .arg(env!("CARGO_BIN_EXE_pairbox"))
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Its folders can be seen through the process only: they are mounted in its namespace.
    let inside = Path::new("/proc").join(child.id().to_string()).join("root");
    let run = inside.join(run.strip_prefix("/").unwrap());
    PoweredBox::watch(child, &run, &bench.socket.record).unwrap()
}

/// Names in a folder as the box sees it.
fn names(powered: &PoweredBox, folder: &Path) -> Vec<String> {
    let seen = Path::new("/proc")
        .join(powered.id().to_string())
        .join("root");
    let seen = seen.join(folder.strip_prefix("/").unwrap());
    let entries =
        std::fs::read_dir(&seen).unwrap_or_else(|error| panic!("{}: {error}", seen.display()));
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn send(powered: &PoweredBox, session: &str, body: &Value) {
    let path = format!("/api/v1/sessions/{session}/messages");
    let (code, said) = powered.post(&path, &body.to_string()).unwrap();
    assert_eq!(code, 202, "{said}");
}

/// A file of so many bytes, as a program sends it.
fn upload(powered: &PoweredBox, session: &str, bytes: usize) -> (u16, String) {
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\n+{ALICE}\r\n\
         --x\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\ndocument\r\n\
         --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\
         Content-Type: text/plain\r\n\r\n{}\r\n--x--\r\n",
        "a".repeat(bytes)
    );
    let kind = [("Content-Type", "multipart/form-data; boundary=x")];
    let path = format!("/api/v1/sessions/{session}/messages");
    let reply = powered.ask_at(Door::Control, "POST", &path, &kind, Some(&body));
    let reply = reply.unwrap();
    (reply.code, reply.text().unwrap().to_owned())
}

#[test]
fn a_read_only_root_and_a_small_disk_are_enough() {
    if !may() {
        figure!("disk: read-only root: NOT CHECKED: no mount namespace without root");
        return;
    }
    let bench = Workbench::set(Vec::new()).unwrap();
    let (state, run) = (
        bench.folder.path().join("state"),
        bench.folder.path().join("run"),
    );
    std::fs::create_dir(&state).unwrap();
    std::fs::create_dir(&run).unwrap();
    let powered = power_on(&bench, &run);
    let session = linking::first(&powered, &bench.phone).unwrap();

    let mut cursor = bench.service.cursor();
    let sent = bench.alice.send_text(OWNER, "in");
    let told = |event: &Event| matches!(event, Event::Receipt { id, .. } if *id == sent);
    cursor.wait(PATIENCE, told).unwrap();
    let to = format!("+{ALICE}");
    send(
        &powered,
        &session,
        &json!({"to": to, "type": "text", "text": "out"}),
    );
    bench.alice.wait_text(PATIENCE).unwrap();
    let (code, said) = upload(&powered, &session, 100_000);
    assert_eq!(code, 202, "{said}");
    bench.alice.wait_message(PATIENCE).unwrap();

    // A file that the disk has no room for takes nothing from the store.
    let (code, said) = upload(&powered, &session, 33_500_000);
    assert_eq!(code, 507, "{said}");
    assert!(said.contains("spool_failed"), "{said}");
    let status: Value = serde_json::from_str(&powered.get("/api/v1/status").unwrap()).unwrap();
    assert_eq!(status["store"]["status"], "well", "{status}");
    send(
        &powered,
        &session,
        &json!({"to": to, "type": "text", "text": "still"}),
    );
    bench.alice.wait_text(PATIENCE).unwrap();
    let spooled = names(&powered, &state).contains(&"spool".to_owned());
    let left = spooled.then(|| names(&powered, &state.join("spool")));
    let left = left.unwrap_or_default();
    assert!(!left.iter().any(|name| name.contains(".part")), "{left:?}");

    let known = ["identity.redb", "media", "pairbox.redb", "schema", "spool"];
    for name in names(&powered, &state) {
        assert!(known.contains(&name.as_str()), "{name}");
    }
    assert_eq!(names(&powered, &run), ["control.sock"]);
    let (ended, log) = powered.switch_off().unwrap();
    assert!(ended.success(), "{ended}");
    let refused = log
        .iter()
        .find(|line| line.contains("os error 30") || line.contains("panicked"));
    assert!(refused.is_none(), "{refused:?}");
}
