//! What must change nothing, and says why.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use pairbox::backup::envelope::{About, UnsealError, seal, unseal};
use pairbox::backup::place::Place;
use pairbox::backup::swap::{self, Step};
use pairbox::secret::Secret;
use pairbox::store::Store;

use super::{PASSPHRASE, Ran, Still, label, text};

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// A box with another name beside a backup of the first: whatever fails leaves it as it is.
struct Two {
    one: Still,
    other: Still,
    backup: String,
}

impl Two {
    fn set() -> Self {
        let one = Still::named("First");
        let backup = text(&one.backed_up()).to_owned();
        let other = Still::named("Second");
        Self { one, other, backup }
    }

    /// It was refused with these words, and the other box is as it was.
    fn refused(&self, ran: &Ran, code: i32, words: &str) {
        assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
        assert!(ran.err.contains(words), "{}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        assert_eq!(self.other.files(), ["pairbox.redb"]);
        assert_eq!(self.other.label(), "Second");
    }

    fn restore(&self, words: &[&str]) -> Ran {
        self.other.run(&[&["restore"], words].concat())
    }
}

#[test]
fn a_backup_is_for_its_owner_and_holds_nothing_in_the_clear() {
    let one = Still::named("Corner shop");
    let file = one.backed_up();
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    assert!(!holds(b"Corner") && !holds(b"pairbox"));
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(one.files(), ["pairbox.redb"]);
    // What is there stays, unless it is said.
    let again = one.run(&["backup", text(&file)]);
    assert_eq!(again.code, 1);
    assert_eq!(
        again.err,
        format!(
            "pairbox: {} is there already: name another file, or say --force\n",
            text(&file)
        )
    );
    assert_eq!(fs::read(&file).unwrap(), bytes);
    let said = one.run(&["backup", text(&file), "--force"]).done();
    let size = said.split(", ").nth(2).unwrap();
    assert_eq!(
        said,
        format!(
            "{}: 1 account (Corner shop, not linked), {size}, encrypted.\n\
             Without its passphrase it is worth nothing. `pairbox restore` takes it to a box; this \
             one must be off then.\n",
            text(&file)
        )
    );
    assert_ne!(fs::read(&file).unwrap(), bytes);
    assert!(!one.path("box.age.part").exists());
}

#[test]
fn a_restore_says_what_it_means_and_keeps_what_was_there() {
    let two = Two::set();
    let asked = two.restore(&[&two.backup]);
    two.refused(
        &asked,
        2,
        "say --force if the box this backup is of stays off",
    );
    assert!(asked.out.contains("1 account (First, not linked), made 2"));
    assert!(
        asked
            .out
            .contains("Two boxes with the same keys destroy each other")
    );
    fs::write(two.other.path("state/identity.redb"), "of the old box").unwrap();
    let said = two.restore(&[&two.backup, "--force"]).done();
    assert!(
        said.contains("Restored: 1 account (First, not linked)"),
        "{said}"
    );
    assert!(said.contains("systemctl start pairbox"), "{said}");
    assert_eq!(
        two.other.files(),
        ["pairbox.redb", "pairbox.redb.before-restore"]
    );
    assert_eq!(two.other.label(), "First");
    assert_eq!(
        label(&two.other.path("state/pairbox.redb.before-restore")),
        "Second"
    );
    let mode = fs::metadata(two.other.database())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    // A box that never ran.
    let empty = Still::empty();
    let said = empty
        .run(&["restore", &two.backup, "--force", "--json"])
        .done();
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["accounts"][0]["label"], "First");
    assert!(said["kept"].is_null(), "{said}");
    assert_eq!(empty.files(), ["pairbox.redb"]);
    assert_eq!(empty.label(), "First");
}

#[test]
fn no_passphrase_no_backup() {
    let one = Still::named("First");
    let with = |line: &str, words: &[&str]| {
        fs::write(one.path("passphrase"), line).unwrap();
        one.run(words)
    };
    let file = one.path("x.age");
    let empty = with("\n", &["backup", text(&file)]);
    assert_eq!(
        (empty.code, empty.err.as_str()),
        (2, "pairbox: an empty passphrase protects nothing\n")
    );
    let short = with("short\n", &["backup", text(&file)]);
    assert!(
        short.err.contains("this passphrase is short"),
        "{}",
        short.err
    );
    assert!(!short.err.contains("short\n") && short.code == 0);
    fs::remove_file(&file).unwrap();
    let none = super::run(&["backup", text(&file), "--state-dir", text(&one.state())]);
    assert_eq!(
        (none.code, none.err.as_str()),
        (
            2,
            "pairbox: there is no terminal to ask for the passphrase on: say --passphrase-file FILE\n"
        )
    );
    let nowhere = Still::empty().run(&["backup", text(&file)]);
    assert!(
        nowhere.err.contains("there is no store at"),
        "{}",
        nowhere.err
    );
    assert!(!file.exists());
    // From standard input, to standard output.
    let mut child = super::program(&["backup", "-", "--passphrase-file", "-"])
        .args(["--state-dir", text(&one.state())])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(b"from standard input\nsecond line\n")
        .unwrap();
    drop(input);
    let piped = child.wait_with_output().unwrap();
    let mut plain = Vec::new();
    unseal(
        &piped.stdout[..],
        &secret("from standard input"),
        &mut plain,
    )
    .unwrap();
    assert!(plain.starts_with(b"redb"));
}

#[test]
fn the_wrong_passphrase_and_files_that_are_none() {
    let two = Two::set();
    fs::write(two.other.path("passphrase"), "another").unwrap();
    let wrong = two.restore(&[&two.backup, "--force"]);
    two.refused(
        &wrong,
        1,
        "the passphrase is wrong, or the beginning of the file is damaged",
    );
    assert!(!wrong.err.contains("another") && !wrong.err.contains(PASSPHRASE));
    fs::write(two.other.path("passphrase"), PASSPHRASE).unwrap();
    let none = two.other.path("none.age");
    fs::write(&none, "a letter to my aunt").unwrap();
    let foreign = two.restore(&[text(&none), "--force"]);
    two.refused(
        &foreign,
        1,
        "it is no backup of pairbox, or its beginning is damaged",
    );
    let missing = two.restore(&[text(&two.other.path("missing")), "--force"]);
    two.refused(&missing, 1, "No such file");
    // A store of a later program.
    let newer = Still::named("Later");
    super::block_on(async {
        let store = Store::open(&newer.database()).unwrap();
        store.pretend_newer().await.unwrap();
        store.close().await;
    });
    let plain = fs::read(newer.database()).unwrap();
    sealed(&plain, &two.other.path("newer.age"));
    let late = two.restore(&[text(&two.other.path("newer.age")), "--force"]);
    two.refused(&late, 1, "update this box first");
    // What is encrypted well and is no store.
    sealed(b"no store at all", &two.other.path("odd.age"));
    let odd = two.restore(&[text(&two.other.path("odd.age")), "--force"]);
    two.refused(&odd, 1, "nothing was changed");
}

/// Encrypts bytes as a backup.
fn sealed(plain: &[u8], into: &Path) {
    let about = About {
        made_at: "2026-03-01T00:00:00.000Z".into(),
        version: "9.9.9".into(),
    };
    let bytes = seal(&about, &mut &plain[..], &secret(PASSPHRASE), Vec::new()).unwrap();
    fs::write(into, bytes).unwrap();
}

#[test]
fn damage_anywhere_is_seen_before_anything_is_replaced() {
    let two = Two::set();
    let whole = fs::read(&two.backup).unwrap();
    let passphrase = secret(PASSPHRASE);
    let mut plain = Vec::new();
    unseal(&whole[..], &passphrase, &mut plain).unwrap();
    let (mut cuts, mut flips) = (0, 0);
    let places = (0..12).map(|n| n * whole.len() / 12);
    for at in places.chain([1, 60, 120, 180, whole.len() - 1, whole.len() - 17]) {
        let cut = unseal(&whole[..at], &passphrase, &mut Vec::new());
        assert!(cut.is_err(), "cut at {at}");
        cuts += 1;
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        let flip = unseal(&flipped[..], &passphrase, &mut Vec::new());
        assert!(flip.is_err(), "a bit at {at}");
        flips += 1;
    }
    let longer = [&whole[..], b"x"].concat();
    assert!(matches!(
        unseal(&longer[..], &passphrase, &mut Vec::new()),
        Err(UnsealError::Damaged)
    ));
    figure!(
        "backup: {cuts} cuts and {flips} bits in a file of {} bytes, all seen",
        whole.len()
    );
    // And by the program.
    let damaged = two.other.path("damaged.age");
    let mut middle = whole.clone();
    middle[whole.len() / 2] ^= 1;
    for bytes in [&middle[..], &whole[..whole.len() / 2]] {
        fs::write(&damaged, bytes).unwrap();
        let ran = two.restore(&[text(&damaged), "--force"]);
        two.refused(
            &ran,
            1,
            "it is damaged, or its end is missing; nothing was changed",
        );
    }
}

#[test]
fn a_disk_that_takes_no_more_leaves_what_was_there() {
    let two = Two::set();
    // The system refuses to make a file longer than 64 blocks of 512 bytes.
    let bounded = |still: &Still, words: &[&str]| {
        let command = still.command(words);
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"])
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::null());
        Ran::of(shell.output().unwrap())
    };
    let restored = bounded(&two.other, &["restore", &two.backup, "--force"]);
    two.refused(&restored, 1, "unpacking it: ");
    let new = two.one.path("new.age");
    let made = bounded(&two.one, &["backup", text(&new)]);
    assert_eq!(made.code, 1, "{}{}", made.out, made.err);
    assert!(!new.exists() && !two.one.path("new.age.part").exists());
    assert_eq!(two.one.files(), ["pairbox.redb"]);
    assert_eq!(two.one.label(), "First");
    // An older backup stays until the new one is whole.
    let old = fs::read(&two.backup).unwrap();
    assert_eq!(
        bounded(&two.one, &["backup", &two.backup, "--force"]).code,
        1
    );
    assert_eq!(fs::read(&two.backup).unwrap(), old);
    // A real "no space left".
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = two.one.command(&["backup", "-"]);
    let ran = Ran::of(command.stdout(full).output().unwrap());
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("No space left") && ran.err.contains("there is no backup"),
        "{}",
        ran.err
    );
}

#[test]
fn a_store_in_use_is_not_touched() {
    let two = Two::set();
    super::block_on(async {
        let store = Store::open(&two.other.database()).unwrap();
        for words in [
            &["restore", &two.backup, "--force"][..],
            &["backup", "/nowhere/x"],
        ] {
            let ran = two.other.run(words);
            assert_eq!(ran.code, 1);
            assert_eq!(
                ran.err,
                "pairbox: the service is running: systemctl stop pairbox\n"
            );
        }
        store.close().await;
    });
    assert_eq!(two.other.label(), "Second");
}

#[test]
fn a_power_cut_leaves_the_old_store_or_the_new_one() {
    let two = Two::set();
    let place = Place::of(two.other.database());
    fs::copy(two.one.database(), place.unpacked()).unwrap();
    fs::write(place.identity(), "of the old box").unwrap();
    fs::write(place.before(), "of an older restore").unwrap();
    let mut seen = Vec::new();
    // What is there at each step is what a cut at that moment leaves.
    let replaced = swap::replace(&place, |step| {
        let cut = tempfile::tempdir().unwrap();
        for name in two.other.files() {
            let from = two.other.path("state").join(&name);
            fs::copy(from, cut.path().join(name)).unwrap();
        }
        pairbox::backup::place::sweep(cut.path()).unwrap();
        let label = label(&cut.path().join("pairbox.redb"));
        let identity = cut.path().join("identity.redb").exists();
        seen.push((step, label, identity));
    });
    assert!(replaced.unwrap());
    let told: Vec<_> = seen
        .iter()
        .map(|(step, label, identity)| (*step, label.as_str(), *identity))
        .collect();
    assert_eq!(
        told,
        [
            (Step::Ready, "Second", true),
            (Step::IdentityGone, "Second", false),
            (Step::Kept, "Second", false),
            (Step::Replaced, "First", false),
        ]
    );
    assert_eq!(label(&place.before()), "Second");
    assert!(!place.unpacked().exists());
}
