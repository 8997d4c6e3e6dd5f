//! The folder of definitions: everything that can lie there, and what becomes of a file that is saved.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use tempfile::TempDir;

use super::*;

const RELAY: &str = "name = \"Relay\"\nvendor = \"Test\"\n\n[[property]]\nid = \"relay/0\"\n\
                     read = { topic = \"{id}/relay\", map = { ON = true, OFF = false } }\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        put(&folder, name, text);
    }
    folder
}

fn put(folder: &TempDir, name: &str, text: &str) {
    let file = folder.path().join(name);
    fs::create_dir_all(file.parent().expect("below the folder")).expect("writable");
    fs::write(file, text).expect("writable");
}

fn open(folder: &Path) -> Definitions {
    Definitions::of(Vec::new(), Some(folder))
}

fn ids(catalog: &Catalog) -> Vec<String> {
    (0..catalog.len()).map(|number| catalog.profile(number).id.to_string()).collect()
}

fn told(problems: &[Problems], folder: &TempDir) -> Vec<String> {
    let folder = format!("{}/", folder.path().display());
    problems.iter().flat_map(|problems| &problems.0).map(|one| one.to_string().replace(&folder, "")).collect()
}

/// Looks until everything rests, as it does within a second.
fn settle(definitions: &mut Definitions) -> News {
    let (first, rests) = definitions.look();
    if rests {
        return first;
    }
    let (second, rests) = definitions.look();
    assert!(rests, "nobody writes");
    second
}

#[test]
fn files_are_known_by_their_path_and_one_bad_file_stops_no_other() {
    let folder = folder(&[
        ("shelly/plus.toml", RELAY),
        ("lamp.toml", RELAY),
        ("_new.toml", "not even TOML ["),
        (".#lamp.toml", "an editor's"),
        ("README.md", "# mine"),
        ("shelly/bad.toml", "name = \"Bad\"\nvendor = \"Test\"\n[[proprety]]\nid = \"relay/0\"\n"),
        ("shelly/worse.toml", "name = "),
    ]);
    let definitions = open(folder.path());
    let (catalog, problems) = (definitions.catalog(), definitions.problems());
    assert_eq!(ids(&catalog), ["lamp", "shelly/plus"]);
    let told = told(&problems, &folder);
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(
        told.iter()
            .any(|one| one.starts_with("shelly/bad.toml:3:") && one.contains("did you mean property?"))
    );
    assert!(told.iter().any(|one| one.starts_with("shelly/worse.toml:1:")), "{told:#?}");
    assert_eq!(problems.len(), 2, "one list for each bad file");
}

#[test]
fn a_folder_that_is_not_there_is_empty_and_a_file_is_no_folder() {
    let folder = folder(&[("file", "")]);
    let (catalog, problems) = Definitions::load(Some(&folder.path().join("nowhere")));
    assert!(catalog.len() == builtin::profiles().len() && problems.is_empty());
    let (_, problems) = Definitions::load(Some(&folder.path().join("file")));
    assert_eq!(
        told(&problems, &folder),
        ["file: is not a folder; name a folder that holds maker/model.toml files"]
    );
    assert!(Definitions::load(None).1.is_empty());
}

#[test]
fn whatever_lies_in_the_folder_is_told_and_waited_for_by_nobody() {
    let folder = folder(&[("real/plug.toml", RELAY), ("secret.toml", RELAY)]);
    let path = |name: &str| folder.path().join(name);
    fs::write(path("large.toml"), vec![b'#'; 4 << 20]).expect("writable");
    fs::write(path("latin.toml"), b"name = \"\xe9\"").expect("writable");
    symlink(path("real"), path("linked")).expect("writable");
    symlink(path("nowhere"), path("gone.toml")).expect("writable");
    symlink(folder.path(), path("real/loop")).expect("writable");
    symlink("/dev/zero", path("zero.toml")).expect("writable");
    let fifo = std::process::Command::new("mkfifo").arg(path("pipe.toml")).status();
    assert!(fifo.is_ok_and(|status| status.success()), "mkfifo is part of coreutils");
    fs::set_permissions(path("secret.toml"), fs::Permissions::from_mode(0o000)).expect("own file");

    let definitions = open(folder.path());
    let problems = definitions.problems();
    let mut known = ids(&definitions.catalog());
    known.retain(|id| id != "secret");
    assert_eq!(known, ["linked/plug", "real/plug"]);
    let told = told(&problems, &folder);
    let mut wanted = vec![
        "gone.toml: is a link to what cannot be read",
        "large.toml: is 4194304 bytes long",
        "latin.toml:1:9: byte 0xe9 is not UTF-8",
        "linked/loop: leads back into itself",
        "pipe.toml: is not a file",
        "real/loop: leads back into itself",
        "zero.toml: is not a file",
    ];
    // Root reads everything.
    if fs::read(path("secret.toml")).is_err() {
        wanted.push("secret.toml: cannot be read: permission denied");
    }
    for begin in &wanted {
        assert!(told.iter().any(|one| one.starts_with(begin)), "{begin}: {told:#?}");
    }
    assert_eq!(told.len(), wanted.len(), "{told:#?}");
}

#[test]
fn five_thousand_files_are_read_and_looked_at() {
    let folder = folder(&[]);
    for number in 0..5_000 {
        put(&folder, &format!("maker-{}/model-{number}.toml", number % 50), RELAY);
    }
    let mut definitions = open(folder.path());
    assert_eq!(definitions.own(), 5_000);
    assert_eq!(settle(&mut definitions), News::default());
}

#[test]
fn the_users_file_counts_and_the_binarys_again_when_it_is_gone() {
    let folder = folder(&[("test/relay.toml", &RELAY.replace("Relay", "Mine"))]);
    let builtin = file_of("test/relay", RELAY);
    let mut definitions = Definitions::of(vec![builtin], Some(folder.path()));
    let name = |definitions: &Definitions| definitions.catalog().profile(0).name.to_string();
    assert_eq!((name(&definitions).as_str(), definitions.catalog().len()), ("Mine", 1));
    fs::remove_file(folder.path().join("test/relay.toml")).expect("there");
    assert_eq!(&*settle(&mut definitions).gone, ["test/relay".into()]);
    assert_eq!(name(&definitions), "Relay");
    // A bad file from the start leaves the one in the binary in force, too.
    put(&folder, "test/relay.toml", "name = 5");
    let news = settle(&mut definitions);
    assert_eq!(news.refused[0].instead, Instead::BuiltIn);
    assert_eq!(name(&definitions), "Relay");
}

#[test]
fn a_bad_edit_keeps_the_old_version_until_it_is_mended() {
    let folder = folder(&[("plug.toml", RELAY), ("lamp.toml", RELAY)]);
    let mut definitions = open(folder.path());
    put(&folder, "plug.toml", "name = \"Relay\"\nvendor = \"Test\"\nmodel = []\n");
    let news = settle(&mut definitions);
    assert_eq!(ids(&definitions.catalog()), ["lamp", "plug"]);
    assert_eq!((&*news.refused[0].id, news.refused[0].instead), ("plug", Instead::Earlier));
    assert_eq!(news.problems, definitions.problems());
    assert!(news.taken.is_empty() && news.gone.is_empty());
    // Nothing changed: nothing is told again.
    assert!(settle(&mut definitions).refused.is_empty());
    put(&folder, "plug.toml", &RELAY.replace("Relay", "Plug"));
    let news = settle(&mut definitions);
    assert_eq!((&*news.taken, news.problems.len()), (&["plug".into()][..], 0));
    assert_eq!(&*definitions.catalog().profile(1).name, "Plug");
}

#[test]
fn a_file_whose_examples_do_not_hold_is_not_taken() {
    let example = "[[example]]\nsource = \"here\"\ntopic = \"plug-1/relay\"\npayload = \"ON\"\n";
    let good = format!("{RELAY}\n{example}gives = {{ \"relay/0\" = true }}\n");
    let folder = folder(&[("plug.toml", &good), ("lamp.toml", &good.replace("= true }\n", "= false }\n"))]);
    let mut definitions = open(folder.path());
    assert_eq!(ids(&definitions.catalog()), ["plug"]);
    let told = told(&definitions.problems(), &folder);
    assert_eq!(
        told,
        [
            "lamp.toml:8:1: example: relay/0: the definition makes true of it; the example says false; one of them is wrong"
        ]
    );
    put(&folder, "plug.toml", &good.replace("ON = true, OFF = false", "ON = false, OFF = true"));
    let news = settle(&mut definitions);
    assert_eq!((&*news.refused[0].id, news.refused[0].instead), ("plug", Instead::Earlier));
    assert_eq!(ids(&definitions.catalog()), ["plug"]);
}

#[test]
fn a_half_written_file_is_left_alone_until_it_rests() {
    let folder = folder(&[("plug.toml", RELAY)]);
    let mut definitions = open(folder.path());
    let all = RELAY.replace("Relay", "Plug");
    for end in [0, 20, 70] {
        put(&folder, "plug.toml", &all[..end]);
        let (news, rests) = definitions.look();
        assert_eq!((news.refused.len(), rests), (0, false), "{end}");
    }
    // Some editors move the old file away before they write the new one.
    fs::remove_file(folder.path().join("plug.toml")).expect("there");
    assert_eq!(definitions.look(), (News::default(), false));
    put(&folder, "plug.toml", &all);
    assert_eq!(definitions.look(), (News::default(), false));
    assert_eq!(&*definitions.look().0.taken, ["plug".into()]);
}

#[tokio::test]
async fn a_saved_file_is_in_force_within_two_seconds() {
    let folder = folder(&[("plug.toml", RELAY)]);
    let (send, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let stop = Stop::new();
    open(folder.path()).watch(stop.clone(), move |news, definitions| {
        send.send((news.clone(), ids(&definitions.catalog()))).expect("the test listens");
    });
    put(&folder, "new/lamp.toml", RELAY);
    let patience = Duration::from_secs(20);
    let (news, known) = tokio::time::timeout(patience, heard.recv()).await.expect("in time").expect("told");
    assert_eq!(
        (&*news.taken, &known[..]),
        (&["new/lamp".into()][..], &["new/lamp".into(), "plug".into()][..])
    );
    put(&folder, "plug.toml", "name = [");
    let (news, still) = tokio::time::timeout(patience, heard.recv()).await.expect("in time").expect("told");
    assert_eq!((&*news.refused[0].id, still), ("plug", known));
    stop.request();
    let end = tokio::time::timeout(patience, heard.recv()).await.expect("in time");
    assert_eq!(end, None, "it ended");
}

fn file_of(id: &str, text: &str) -> Arc<Profile> {
    let read = crate::device::profile::file::read(id, Path::new("built-in.toml"), text.to_owned());
    Arc::new(read.expect("a good file"))
}
