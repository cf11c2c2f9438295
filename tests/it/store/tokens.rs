//! Tokens in the store: kept, counted, taken back, and always the same in memory as in the file.

use pairbox::limits::TOKENS_MAX;
use pairbox::store::{Life, NewToken, Store};
use pairbox::time::UnixMillis;
use pairbox::token::{Scope, TokenId};

use super::disk::{Disk, Fault};
use super::{ONE, TWO, block_on, open};
use pairbox::account::AccountId;

fn token(name: &str) -> NewToken {
    NewToken {
        name: name.into(),
        scopes: vec![Scope::Read, Scope::Control],
        accounts: None,
        created_at: Some(UnixMillis(1_772_348_709_250)),
        life: Life::Endless,
        browser: false,
        digest: [7; 32],
    }
}

fn names(store: &Store) -> Vec<String> {
    let tokens = store.tokens();
    let tokens = tokens.borrow();
    tokens.iter().map(|token| token.is.name.clone()).collect()
}

async fn add(store: &Store, token: NewToken) -> Option<TokenId> {
    store.add_token(token, None).await.unwrap()
}

#[test]
fn what_is_kept_of_a_token_comes_back() {
    let disk = Disk::new();
    let store = open(&disk);
    let limited = NewToken {
        accounts: Some(vec![ONE, AccountId(300)]),
        life: Life::Until(UnixMillis(1_800_000_000_000)),
        browser: true,
        ..token("limited")
    };
    block_on(async {
        assert_eq!(add(&store, token("a")).await, Some(TokenId(1)));
        assert_eq!(add(&store, limited.clone()).await, Some(TokenId(2)));
        store.close().await;
    });
    let store = open(&disk);
    let tokens = store.tokens().borrow().clone();
    assert_eq!((tokens[0].id, &tokens[0].is), (TokenId(1), &token("a")));
    assert_eq!((tokens[1].id, &tokens[1].is), (TokenId(2), &limited));
    let printed = format!("{:?}", tokens[1]);
    assert!(
        printed.contains("limited") && !printed.contains("7, 7"),
        "{printed}"
    );
}

#[test]
fn a_number_is_not_given_out_again() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        add(&store, token("a")).await;
        add(&store, token("b")).await;
        assert!(store.remove_token(TokenId(2)).await.unwrap());
        assert!(!store.remove_token(TokenId(2)).await.unwrap());
        assert_eq!(names(&store), ["a"]);
        store.close().await;
        let store = open(&disk);
        assert_eq!(add(&store, token("c")).await, Some(TokenId(3)));
        store.reset_tokens().await.unwrap();
        assert_eq!(add(&store, token("d")).await, Some(TokenId(4)));
        assert_eq!(names(&store), ["d"]);
    });
}

#[test]
fn a_full_box_has_room_for_a_person_who_stands_there() {
    let browser = |name: &str| NewToken {
        browser: true,
        ..token(name)
    };
    let store = open(&Disk::new());
    block_on(async {
        for number in 2..TOKENS_MAX {
            add(&store, token(&number.to_string())).await.unwrap();
        }
        add(&store, browser("old")).await.unwrap();
        add(&store, browser("new")).await.unwrap();
        assert_eq!(add(&store, token("one more")).await, None);
        assert_eq!(names(&store).len(), TOKENS_MAX);
        // The oldest browser makes room for another, and no program has to.
        add(&store, browser("here")).await.unwrap();
        let left = names(&store);
        assert_eq!(left.len(), TOKENS_MAX);
        assert!(!left.contains(&"old".to_owned()), "{left:?}");
        assert_eq!(&left[TOKENS_MAX - 2..], ["new", "here"]);
    });
}

#[test]
fn what_has_run_out_makes_room() {
    let until = |end| NewToken {
        life: Life::Until(UnixMillis(end)),
        ..token("until")
    };
    let store = open(&Disk::new());
    block_on(async {
        for _ in 0..TOKENS_MAX {
            add(&store, until(1_000)).await.unwrap();
        }
        // Nobody knows what time it is: nothing has run out.
        assert_eq!(add(&store, token("x")).await, None);
        let at = |now| store.add_token(token("x"), Some(UnixMillis(now)));
        assert_eq!(at(999).await.unwrap(), None);
        assert!(at(1_000).await.unwrap().is_some());
        assert_eq!(names(&store), ["x"]);
    });
}

#[test]
fn what_ends_with_the_program_is_gone_after_it() {
    let disk = Disk::new();
    let store = open(&disk);
    let passing = NewToken {
        life: Life::ThisRun,
        ..token("passing")
    };
    block_on(async {
        add(&store, passing).await.unwrap();
        add(&store, token("stays")).await.unwrap();
        assert_eq!(names(&store), ["passing", "stays"]);
        store.close().await;
        // Also after a power cut.
        let cut = open(&Disk::of(disk.bytes()));
        assert_eq!(names(&cut), ["stays"]);
        add(&cut, token("c")).await.unwrap();
        let rows = cut.all_rows().unwrap();
        assert_eq!(
            rows.keys().filter(|(table, _)| table == "tokens").count(),
            2
        );
    });
}

#[test]
fn an_account_that_goes_leaves_the_lists_of_tokens() {
    let limited = |name: &str, accounts: &[AccountId]| NewToken {
        accounts: Some(accounts.to_vec()),
        ..token(name)
    };
    let store = open(&Disk::new());
    block_on(async {
        add(&store, token("all")).await.unwrap();
        add(&store, limited("two", &[TWO])).await.unwrap();
        add(&store, limited("both", &[ONE, TWO])).await.unwrap();
        add(&store, limited("one", &[ONE])).await.unwrap();
        store.delete_account(TWO).await.unwrap();
        let tokens = store.tokens().borrow().clone();
        let left: Vec<_> = tokens
            .iter()
            .map(|token| (&*token.is.name, token.is.accounts.clone()))
            .collect();
        let only_one = Some(vec![ONE]);
        let expected = [("all", None), ("both", only_one.clone()), ("one", only_one)];
        assert_eq!(left, expected);
    });
}

/// Somebody holds both buttons because a token leaked, and the disk is full.
#[test]
fn a_reset_counts_at_once_and_is_made_up_for() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        add(&store, token("leaked")).await.unwrap();
        disk.fail(Some(Fault::Full(0)));
        store.reset_tokens().await.unwrap_err();
        assert!(names(&store).is_empty());
        store.remove_token(TokenId(1)).await.unwrap_err();
        assert!(names(&store).is_empty(), "a failed write brought it back");
        disk.fail(None);
        // Whatever is written next deletes them first.
        store.ensure_first_account("box").await.unwrap();
        assert!(names(&store).is_empty());
        let cut = open(&Disk::of(disk.bytes()));
        assert!(names(&cut).is_empty(), "it is still in the file");
    });
}

#[test]
fn a_token_that_could_not_be_kept_is_none() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        disk.fail(Some(Fault::Full(0)));
        store.add_token(token("a"), None).await.unwrap_err();
        assert!(names(&store).is_empty());
        disk.fail(None);
        add(&store, token("b")).await.unwrap();
        assert_eq!(names(&store), ["b"]);
    });
}
