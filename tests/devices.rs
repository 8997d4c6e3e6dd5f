//! Every definition that comes with the hub, held to the same rules: it parses, uses the words of the vocabulary, and
//! its recorded examples hold both ways.

#[path = "devices/captures.rs"]
mod captures;
#[path = "devices/mistakes.rs"]
mod mistakes;
#[path = "devices/mutations.rs"]
mod mutations;
#[path = "devices/readme.rs"]
mod readme;
#[path = "devices/tower.rs"]
mod tower;
#[path = "devices/types.rs"]
mod types;
#[path = "devices/vocabulary.rs"]
mod vocabulary;

use std::collections::BTreeSet;

use clown_hub::device::profile::{Given, Profile, Property, level};
use clown_hub::device::vocabulary::{quantity, usual_quantity};
use clown_hub::device::{builtin, kind_of, prove};

/// Fails with all complaints at once.
fn report(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Every complaint about any profile, with its file.
fn each(complain: impl Fn(&Profile) -> Vec<String>) {
    let of_one = |profile: &std::sync::Arc<Profile>| {
        let complaints = complain(profile).into_iter();
        complaints.map(|what| format!("{}: {what}", profile.file.display())).collect::<Vec<_>>()
    };
    report(builtin::profiles().iter().flat_map(of_one).collect());
}

#[test]
fn every_definition_can_be_read() {
    report(builtin::problems().iter().map(ToString::to_string).collect());
    let ids: BTreeSet<&str> = builtin::files().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), builtin::profiles().len());
    assert!(ids.contains("shelly/gen1"), "{ids:?}");
}

#[test]
fn a_file_is_named_by_who_makes_it_and_what_it_is() {
    each(|profile| {
        let slug = level(&profile.name).to_lowercase();
        let name = format!("{}/{slug}", profile.vendor_level());
        if *profile.id == *name { Vec::new() } else { vec![format!("should be devices/{name}.toml")] }
    });
}

#[test]
fn definitions_use_the_words_of_the_vocabulary() {
    each(|profile| {
        let unknown = |property: &Property| {
            let kind = kind_of(property.id.as_str());
            let known = quantity(&property.quantity);
            let unit = property.unit.as_deref();
            let is_unit = unit.is_none()
                || known.is_some_and(|known| unit.is_some_and(|unit| known.units.contains(&unit)));
            match (usual_quantity(kind), known) {
                (None, _) => Some(format!("the type {kind}")),
                (_, None) => Some(format!("the quantity {}", property.quantity)),
                (Some(_), Some(_)) if !is_unit => Some(format!("the unit {unit:?} of {}", property.quantity)),
                (Some(_), Some(_)) => None,
            }
        };
        profile
            .properties
            .iter()
            .filter_map(|property| Some(format!("{} uses {}", property.id, unknown(property)?)))
            .collect()
    });
}

#[test]
fn every_example_holds_both_ways() {
    let complaints = builtin::profiles().iter().flat_map(|profile| {
        prove::prove(profile).into_iter().map(|different| {
            let (line, column) = different.place;
            let prove::Difference { about, expected, found, .. } = different;
            format!("{}:{line}:{column}: {about}: expected {expected}, found {found}", profile.file.display())
        })
    });
    report(complaints.collect());
}

#[test]
fn every_property_has_an_example() {
    each(prove::unproven);
}

#[test]
fn every_example_says_who_recorded_it() {
    each(|profile| {
        let without = profile.examples.iter().filter(|example| example.source.len() < 10);
        without.map(|example| format!("line {}: who recorded it, and where?", example.place.0)).collect()
    });
}

#[test]
fn whatever_can_be_set_has_a_command_among_the_examples() {
    each(|profile| {
        let is_told = |property: &Property| {
            profile.examples.iter().any(|example| match &example.given {
                Given::Command { id, payload, .. } => {
                    property.id.captures(id, &Default::default()).is_some()
                        && payload.contains(&format!("\"{}\":", property.quantity))
                }
                Given::Message { .. } | Given::Line(_) | Given::Bytes(_) | Given::Answer { .. } => false,
            })
        };
        let settable = profile.properties.iter().filter(|property| property.write.is_some());
        let silent = settable.filter(|property| !is_told(property));
        silent
            .map(|property| format!("{} {}: no example commands it", property.id, property.quantity))
            .collect()
    });
}
