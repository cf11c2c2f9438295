//! Whom `to` means.

use pairbox::account::CountryPrefix;
use pairbox::message::address::Chat;
use pairbox::message::recipient::{NATIONAL_MIN, RecipientError, person, recipient};
use proptest::prelude::*;

fn prefix(digits: &str) -> Option<CountryPrefix> {
    (!digits.is_empty()).then(|| digits.parse().unwrap())
}

fn meant(to: &str, country: &str) -> Result<String, RecipientError> {
    recipient(to, prefix(country).as_ref()).map(|chat| chat.id())
}

#[allow(clippy::unnecessary_wraps, reason = "compared with what is")]
fn number(digits: &str) -> Result<String, RecipientError> {
    Ok(format!("{digits}@s.whatsapp.net"))
}

#[test]
fn numbers_as_people_write_them() {
    for (to, country, digits) in [
        // With a country code nothing is added, whatever the prefix.
        ("+44 20 7946 0018", "49", "442079460018"),
        ("0044 20 7946 0018", "49", "442079460018"),
        ("+44 (0)20 7946-0018", "", "442079460018"),
        ("00 49 (0) 151.2345/678", "44", "491512345678"),
        // As dialled at home.
        ("0151 23456789", "49", "4915123456789"),
        ("020 7946 0018", "44", "442079460018"),
        ("(812) 345-6789", "62", "628123456789"),
        // Its country code is there already.
        ("628123456789", "62", "628123456789"),
        ("3545812345", "354", "3545812345"),
        // It only begins like it: too short to have it.
        ("45123456", "45", "4545123456"),
        // No prefix: as it is.
        ("15550002222", "", "15550002222"),
    ] {
        assert_eq!(meant(to, country), number(digits), "{to} with +{country}");
    }
}

#[test]
fn addresses_are_taken_as_they_are() {
    for (to, id) in [
        ("15550002222@s.whatsapp.net", "15550002222@s.whatsapp.net"),
        ("15550002222:3@s.whatsapp.net", "15550002222@s.whatsapp.net"),
        (" 15550002222@c.us ", "15550002222@s.whatsapp.net"),
        ("98765432100@lid", "98765432100@lid"),
        ("120363041234567890@g.us", "120363041234567890@g.us"),
    ] {
        assert_eq!(meant(to, "49").as_deref(), Ok(id));
    }
}

#[test]
fn what_means_nobody_is_said_without_repeating_it() {
    for (to, country, why) in [
        ("", "", RecipientError::Empty),
        ("  ", "49", RecipientError::Empty),
        ("0151 23456789", "", RecipientError::NoCountry),
        ("000151 23456789", "49", RecipientError::NoCountry),
        ("hello", "49", RecipientError::Character),
        ("+", "", RecipientError::Character),
        ("1555000x222", "", RecipientError::Character),
        ("٠١٢٣٤٥٦٧", "", RecipientError::Character),
        ("12345", "", RecipientError::Length),
        ("+1234567890123456", "", RecipientError::Length),
        ("status@broadcast", "", RecipientError::Address),
        ("x@s.whatsapp.net", "", RecipientError::Address),
    ] {
        assert_eq!(meant(to, country), Err(why), "{to:?}");
        assert!(to.trim().is_empty() || !why.to_string().contains(to.trim()) || to == "+");
    }
    let group = person("120363041234567890@g.us", None);
    assert_eq!(group, Err(RecipientError::Group));
}

proptest! {
    /// However it is written, one number means one person.
    #[test]
    fn every_way_to_write_a_number_means_the_same(
        country in "[1-9][0-9]{0,2}",
        national in "[1-9][0-9]{6,10}",
        dash in 0_usize..6,
    ) {
        prop_assume!(country.len() + national.len() <= 15);
        let whole = format!("{country}{national}");
        let mut spread = national.clone();
        spread.insert(dash, '-');
        for to in [
            format!("+{whole}"),
            format!("00{whole}"),
            format!("+{country} {spread}"),
            format!("+{country} (0){national}"),
            format!("0{national}"),
            format!("0{spread}"),
            whole.clone(),
            format!("{whole}@c.us"),
        ] {
            prop_assert_eq!(meant(&to, &country), number(&whole), "{}", to);
        }
        // Without its trunk zero it is the same, unless it looks like a number with its country code.
        let alike = national.strip_prefix(&country).is_some_and(|rest| rest.len() >= NATIONAL_MIN);
        if !alike {
            prop_assert_eq!(meant(&national, &country), number(&whole));
        }
    }

    /// Whatever is written: it means nobody, or a number that means the same when it is written whole.
    #[test]
    fn what_is_meant_is_stable(to in "[-+() 0-9./]{0,20}", country in "([1-9][0-9]{0,2})?") {
        if let Ok(chat) = recipient(&to, prefix(&country).as_ref()) {
            let Chat::Person(person) = &chat else {
                return Err(TestCaseError::fail("a group"));
            };
            let whole = format!("+{}", person.phone().unwrap().digits());
            prop_assert_eq!(recipient(&whole, prefix(&country).as_ref()), Ok(chat));
        }
    }
}
