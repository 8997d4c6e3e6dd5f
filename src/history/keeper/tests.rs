use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::history::series::Sample;
use crate::hub::{HubConfig, LinkHandle, LinkInfo};
use crate::talk::{Message, Topic};

struct Scene {
    folder: TempDir,
    hub: Hub,
    link: LinkHandle,
    history: History,
    keeping: Keeping,
}

impl Scene {
    fn new(folder: TempDir) -> Self {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let base = Some(Topic::new("nodes/bridge/0").unwrap());
        let (link, _commands) = hub.attach(Now::now(), LinkInfo { name: "a".into(), kind: "serial", base });
        let settings =
            Settings { every: Duration::ZERO, flush: Duration::from_millis(10), ..Settings::default() };
        let path = folder.path().join("history.sqlite");
        let (history, keeping) = History::record(&path, settings, &hub).unwrap();
        Self { folder, hub, link, history, keeping }
    }

    fn path(&self) -> PathBuf {
        self.history.path().to_owned()
    }

    fn says(&self, value: u32) {
        let line = format!(r#"["thermometer/0", {{"temperature": [{value}, "℃"]}}]"#);
        self.link.publish(Now::now(), Message::parse(&line).unwrap());
    }

    /// Waits until that many samples are in the file.
    async fn has_written(&self, count: usize) {
        self.until(|store| store.tails() == count && store.waiting() == 0).await;
    }

    async fn until(&self, is_so: impl Fn(&Store) -> bool) {
        let start = Instant::now();
        while !self.history.read(|store| Ok(is_so(store))).is_ok_and(|is_so| is_so) {
            assert!(start.elapsed() < Duration::from_secs(20), "waited too long");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn ends(self) -> TempDir {
        self.hub.close();
        self.keeping.closed().await;
        self.folder
    }
}

fn values(folder: &TempDir) -> Vec<f64> {
    let store = Store::open(&folder.path().join("history.sqlite")).unwrap();
    let all: Vec<i64> = store.all().map(|(id, _)| id).collect();
    let samples = |id: i64| store.samples(id, &(0..i64::MAX)).unwrap();
    all.into_iter()
        .flat_map(samples)
        .map(|Sample { value, .. }| value)
        .filter(|value| !value.is_nan())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_heard_is_written_and_the_rest_when_the_hub_closes() {
    let scene = Scene::new(tempfile::tempdir().unwrap());
    scene.says(1);
    scene.says(2);
    scene.has_written(2).await;
    scene.says(3);
    let folder = scene.ends().await;
    assert_eq!(values(&folder), [1.0, 2.0, 3.0]);
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["history.sqlite"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_deleted_is_begun_anew_with_what_is_in_memory() {
    let scene = Scene::new(tempfile::tempdir().unwrap());
    scene.says(1);
    scene.has_written(1).await;
    for file in fs::read_dir(scene.folder.path()).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    scene.says(2);
    scene.has_written(2).await;
    assert!(scene.path().exists());
    assert_eq!(scene.history.facts().trouble, None);
    assert_eq!(values(&scene.ends().await), [1.0, 2.0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_used_is_told_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    fs::create_dir(&path).unwrap();
    let scene = Scene::new(folder);
    scene.says(1);
    let mut facts = scene.history.watch();
    facts.wait_for(|facts| facts.trouble.is_some()).await.unwrap();
    assert_eq!(scene.history.facts().trouble.unwrap().code, "unusable");
    let error = scene.history.read(|_| Ok(())).unwrap_err().to_string();
    assert!(error.contains("history.sqlite"), "{error}");
    scene.says(2);
    fs::remove_dir(&path).unwrap();
    scene.history.watch().wait_for(|facts| facts.trouble.is_none()).await.unwrap();
    scene.has_written(2).await;
    scene.says(3);
    assert_eq!(values(&scene.ends().await), [1.0, 2.0, 3.0]);
}
