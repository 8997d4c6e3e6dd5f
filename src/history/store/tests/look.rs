//! Looking into the file beside a hub that writes it.

use super::*;

#[test]
fn a_look_sees_what_was_when_it_began_and_changes_nothing() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    let mut all = fill(&mut store, series, 0, 1_000);
    store.flush().unwrap();
    store.fold().unwrap();
    all.extend(fill(&mut store, series, 1_000, 1_100));
    store.flush().unwrap();
    let mut look = Store::look(&place.path).unwrap();
    // What goes from the journal into chunks meanwhile is neither missing nor double.
    fill(&mut store, series, 1_100, 1_200);
    store.flush().unwrap();
    store.fold().unwrap();
    assert_eq!(look.samples(series, &(i64::MIN..i64::MAX)).unwrap(), all);
    look.add(series, START, Recorded::Number(1.0));
    assert!(look.flush().is_err());
    drop(look);
    assert_eq!(Store::look(&place.path).unwrap().extent(series).unwrap().unwrap().samples, 1_200);
    store.close().unwrap();
    let look = Store::look(&place.path).unwrap();
    assert_eq!(
        look.extent(series).unwrap(),
        Some(Extent { first: START, last: START + 1_199 * 10_000, samples: 1_200 })
    );
}

#[test]
fn a_look_at_nothing_or_at_damage_leaves_it_as_it_is() {
    let place = place();
    let error = Store::look(&place.path).err().unwrap().to_string();
    assert!(error.contains("cannot use") && error.contains("No such file"), "{error}");
    std::fs::write(&place.path, "no database".repeat(1_000)).unwrap();
    let error = Store::look(&place.path).err().unwrap().to_string();
    assert!(error.contains("not a database"), "{error}");
    assert_eq!(std::fs::read_dir(place.path.parent().unwrap()).unwrap().count(), 1);
}
