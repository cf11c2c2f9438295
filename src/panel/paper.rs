//! When e-paper is refreshed, and how: the policy, pure. How it is done is `ssd168x`'s business.
//!
//! Every refresh wears the panel, takes seconds and flashes, or leaves a shadow. A code is a
//! credential and e-paper keeps its picture without power: what shows one, and what ends one, comes at
//! once and cleanly; what nobody waits for is gathered. The numbers are the vendor's (Waveshare wiki,
//! "Precautions" of every panel here; HARDWARE.md 1.6).

use std::time::Duration;

use super::Refresh;
use crate::time::Mono;

/// "After refreshing partially several times, you need to fully refresh EPD once": the shadows add up.
pub const PARTIALS_MAX: u32 = 5;

/// "It is recommended that the refresh interval be at least 180 seconds", while nobody stands there.
pub const INTERVAL: Duration = Duration::from_secs(180);

/// "Refresh at least once every 24 hours": what stands for longer burns in.
pub const DAILY: Duration = Duration::from_secs(24 * 3600);

/// How soon a panel that does not answer is opened anew: a full refresh takes up to 4 s (vendor: 4.2"
/// V2), and the picture has to be right 5 s after the panel was put back.
pub const RETRY: Duration = Duration::from_millis(500);

/// What there is to decide on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wish {
    /// The picture differs from what is on the glass.
    pub changed: bool,
    /// A code is on the picture (`view::shows_code`).
    pub code: bool,
    /// A person stands there, or the process is ending.
    pub waited_for: bool,
}

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Show the picture.
    Show(Refresh),
    /// The picture waits until then, unless something happens.
    Later(Mono),
    /// Nothing to do until then, unless something happens.
    Rest(Mono),
}

/// What was shown, and when. A panel that was opened anew begins with a new one.
#[derive(Clone, Default, Debug)]
pub struct Paper {
    last: Option<Shown>,
}

#[derive(Clone, Copy, Debug)]
struct Shown {
    at: Mono,
    full_at: Mono,
    /// Since the last full refresh.
    partials: u32,
    code: bool,
}

impl Paper {
    /// Decides; nothing is noted before [`Self::shown`].
    #[must_use]
    pub fn next(&self, now: Mono, wish: Wish) -> Step {
        let Some(last) = self.last else {
            return Step::Show(Refresh::Full);
        };
        let daily = last.full_at + DAILY;
        if last.code != wish.code || now >= daily {
            return Step::Show(Refresh::Full);
        }
        if !wish.changed {
            return Step::Rest(daily);
        }
        let at_once = wish.code || wish.waited_for;
        let quietly = last.at + INTERVAL;
        if at_once || now >= quietly {
            // The daily one is not left to follow on the heels of this one.
            let full = last.partials >= PARTIALS_MAX || now + INTERVAL > daily;
            return Step::Show(if full {
                Refresh::Full
            } else {
                Refresh::Partial
            });
        }
        Step::Later(quietly.min(daily))
    }

    /// Notes what was done.
    pub fn shown(&mut self, now: Mono, refresh: Refresh, code: bool) {
        let before = self.last.filter(|_| refresh == Refresh::Partial);
        self.last = Some(Shown {
            at: now,
            full_at: before.map_or(now, |last| last.full_at),
            partials: before.map_or(0, |last| last.partials + 1),
            code,
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IDLE: Wish = Wish {
        changed: false,
        code: false,
        waited_for: false,
    };

    /// A refresh: when, which, whether a code was on the picture, whether somebody waited for it.
    type Done = (Mono, Refresh, bool, bool);

    /// Something that happens: after so many seconds the picture is another one, or somebody comes or
    /// goes, or a code does.
    #[derive(Clone, Copy, Debug)]
    enum Happening {
        Change,
        Code(bool),
        Attended(bool),
    }

    fn happening() -> impl Strategy<Value = (u64, Happening)> {
        let what = prop_oneof![
            6 => Just(Happening::Change),
            1 => any::<bool>().prop_map(Happening::Code),
            1 => any::<bool>().prop_map(Happening::Attended),
        ];
        let wait = prop_oneof![1u64..30, 30u64..4000, 4000u64..200_000];
        (wait, what)
    }

    /// Runs the policy through the happenings as the panel's thread does, from wake-up to wake-up.
    /// Returns the refreshes, and the times at which a code's scene ended.
    fn live(happenings: &[(u64, Happening)]) -> (Vec<Done>, Vec<Mono>, Mono) {
        let (mut paper, mut wish, mut now) = (Paper::default(), IDLE, Mono::START);
        let (mut done, mut ended) = (Vec::new(), Vec::new());
        let mut turn =
            |wish: &mut Wish, now: Mono, done: &mut Vec<Done>| match paper.next(now, *wish) {
                Step::Show(refresh) => {
                    paper.shown(now, refresh, wish.code);
                    done.push((now, refresh, wish.code, wish.waited_for));
                    wish.changed = false;
                    match paper.next(now, *wish) {
                        Step::Rest(at) => at,
                        other => panic!("a picture was just shown, and now {other:?}"),
                    }
                }
                Step::Later(at) | Step::Rest(at) => at,
            };
        let mut wake_at = turn(&mut wish, now, &mut done);
        for (wait, what) in happenings {
            let then = now + Duration::from_secs(*wait);
            while wake_at <= then {
                now = wake_at;
                wake_at = turn(&mut wish, now, &mut done);
                assert!(wake_at > now, "no turn for nothing");
            }
            now = then;
            match *what {
                Happening::Change => wish.changed = true,
                Happening::Attended(attended) => wish.waited_for = attended,
                Happening::Code(code) => {
                    if wish.code && !code {
                        ended.push(now);
                    }
                    wish.changed |= wish.code != code;
                    wish.code = code;
                }
            }
            wake_at = turn(&mut wish, now, &mut done);
        }
        (done, ended, now)
    }

    proptest! {
        #[test]
        fn nobody_in_front_of_it_means_few_refreshes(
            happenings in prop::collection::vec(happening(), 1..60)
        ) {
            let (done, _, _) = live(&happenings);
            for pair in done.windows(2) {
                let [(before, _, was_code, _), (at, _, code, attended)] = [pair[0], pair[1]];
                let waited_for = attended || code || was_code;
                prop_assert!(waited_for || at.since(before) >= INTERVAL, "{pair:?}");
            }
        }

        #[test]
        fn shadows_do_not_add_up_and_a_day_does_not_pass(
            happenings in prop::collection::vec(happening(), 1..60)
        ) {
            let (done, _, end) = live(&happenings);
            let mut partials = 0;
            let mut full_at = Mono::START;
            for (at, refresh, ..) in done {
                prop_assert!(at.since(full_at) <= DAILY);
                if refresh == Refresh::Full {
                    (partials, full_at) = (0, at);
                } else {
                    partials += 1;
                }
                prop_assert!(partials <= PARTIALS_MAX);
            }
            prop_assert!(end.since(full_at) <= DAILY);
        }

        #[test]
        fn a_code_ends_with_its_scene_by_a_full_refresh(
            happenings in prop::collection::vec(happening(), 1..60)
        ) {
            let (done, ended, _) = live(&happenings);
            for end in ended {
                let clean = |done: &&Done| done.0 == end && done.1 == Refresh::Full && !done.2;
                prop_assert!(done.iter().find(clean).is_some());
            }
            // And every code that stands was first brought up by one.
            for pair in done.windows(2) {
                let [(_, _, was_code, _), (_, refresh, code, _)] = [pair[0], pair[1]];
                prop_assert!(was_code == code || refresh == Refresh::Full);
            }
        }
    }

    #[test]
    fn whoever_stands_there_waits_for_nothing() {
        let mut paper = Paper::default();
        assert_eq!(paper.next(Mono::START, IDLE), Step::Show(Refresh::Full));
        paper.shown(Mono::START, Refresh::Full, false);
        let now = Mono::START + Duration::from_secs(1);
        let changed = Wish {
            changed: true,
            ..IDLE
        };
        let quietly = Mono::START + INTERVAL;
        assert_eq!(paper.next(now, changed), Step::Later(quietly));
        assert_eq!(paper.next(quietly, changed), Step::Show(Refresh::Partial));
        let waited_for = Wish {
            waited_for: true,
            ..changed
        };
        let step = paper.next(now, waited_for);
        assert_eq!(step, Step::Show(Refresh::Partial));
    }
}
