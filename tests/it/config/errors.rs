//! Each mistake gives one line that names file, line, key and reason.

use pairbox::config::Config;

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let error = Config::parse("pairbox.toml", "label = \"x\"\n[http]\nlisen = 1\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "pairbox.toml:3: http.lisen: unknown key; did you mean `listen`?"
    );
}
