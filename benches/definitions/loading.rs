//! Loading: reading 1,000 files, proving their examples, and both together as the hub does it at its start.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clown_hub::app::definitions::Definitions;
use clown_hub::device::builtin;
use clown_hub::device::catalog::Catalog;
use clown_hub::device::profile::{Profile, file};
use clown_hub::device::prove::prove;

use crate::{MANY, ROUNDS, best};

/// A definition: its id and what stands in its file.
pub type Copy = (String, String);

/// The built-in definitions over and over, as they are: their examples hold.
fn originals() -> Vec<Copy> {
    let files: Vec<(&str, String)> = builtin::files().collect();
    let one = |number: usize| {
        let (id, text) = &files[number % files.len()];
        (format!("copy{}/{id}", number / files.len()), text.clone())
    };
    (0..MANY).map(one).collect()
}

/// The same, each copy under topics of its own, so that a catalogue has to tell them apart.
pub fn copies() -> Vec<Copy> {
    let all = builtin::files().count();
    let other = |(number, (id, text)): (usize, Copy)| {
        let at = number / all;
        let text = ["tele/", "stat/", "cmnd/", "shellies/", "node/"]
            .iter()
            .fold(text, |text, prefix| text.replace(prefix, &format!("copy{at}/{prefix}")))
            .replace("{id*}/status/", &format!("copy{at}/{{id*}}/status/"))
            .replace("{id*}/events/", &format!("copy{at}/{{id*}}/events/"))
            .replace("{base}/", &format!("copy{at}/{{base}}/"));
        (id, text)
    };
    originals().into_iter().enumerate().map(other).collect()
}

/// Each of them as a profile.
pub fn read((id, text): &Copy) -> Arc<Profile> {
    let read = file::read(id, Path::new(id), text.clone());
    Arc::new(read.unwrap_or_else(|problems| panic!("{problems}")))
}

/// Prints what loading them costs and what they hold.
pub fn measure(different: &[Copy]) {
    let files = &originals();
    let kept = resident(files);
    let toml = each(files, |(_, text)| drop(black_box(toml_edit::Document::parse(text.as_str()))));
    let reading = each(files, |file| drop(black_box(read(file))));
    let both = each(files, |file| drop(black_box(prove(&read(file)))));
    let profiles: Vec<Arc<Profile>> = different.iter().map(read).collect();
    let indexing = best(|| drop(black_box(Catalog::new(profiles.iter().cloned()))));
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    println!("### Loading {MANY} definitions, {} KiB with all their examples\n", bytes >> 10);
    println!("| step | ms |\n| --- | --- |");
    for (what, time) in [
        ("only the TOML of every file, one thread", toml),
        ("read and check every file, one thread", reading),
        ("the same, and run every example, one thread", both),
        ("make the catalogue", indexing),
        ("all of it from a folder, as the hub does when it starts", folder(files)),
    ] {
        println!("| {what} | {:.1} |", time.as_secs_f64() * 1e3);
    }
    match kept {
        Some(kept) => println!("\nThey hold {kept} KiB of memory when they are in force.\n"),
        None => println!("\nWhat they hold is not told here: there is no /proc/self/statm.\n"),
    }
}

/// Each file for itself: whoever else uses the machine is seldom in the way of half a millisecond.
fn each(files: &[Copy], work: impl Fn(&Copy)) -> Duration {
    let one = |file: &Copy| {
        let tries = (0..ROUNDS).map(|_| {
            let started = Instant::now();
            work(file);
            started.elapsed()
        });
        tries.min().unwrap_or_default()
    };
    files.iter().map(one).sum()
}

/// A user's folder with all of them, on as many cores as there are.
fn folder(files: &[Copy]) -> Duration {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("a temporary folder: {error}"));
    for (id, text) in files {
        let path = folder.path().join(id).with_extension("toml");
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, text)).unwrap_or_else(|error| panic!("{error}"));
    }
    let tries = (0..ROUNDS).map(|_| {
        let started = Instant::now();
        let (catalog, problems) = Definitions::load(Some(folder.path()));
        let took = started.elapsed();
        assert!(problems.is_empty(), "{}", problems[0]);
        assert_eq!(catalog.len(), files.len() + builtin::profiles().len());
        took
    });
    tries.min().unwrap_or_default()
}

/// How many KiB more the process has when they are there; measured once, before anything was freed that could be used
/// again.
fn resident(files: &[Copy]) -> Option<usize> {
    let pages = || -> Option<usize> {
        let told = std::fs::read_to_string("/proc/self/statm").ok()?;
        told.split(' ').nth(1)?.parse().ok()
    };
    drop(black_box(builtin::catalog()));
    let before = pages()?;
    let catalog = Catalog::new(files.iter().map(read));
    let kept = pages()?.saturating_sub(before) * 4;
    drop(black_box(catalog));
    Some(kept)
}
