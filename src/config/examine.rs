//! What the text of a configuration cannot show: whether the files it names are there and the data folder can be used.
//!
//! Nothing is created or changed, so `clown-hub check` may run beside the hub.

mod links;
mod partition;

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::{Loaded, sheet};
use crate::sheet::Problem;
use crate::web::names::Names;
use crate::web::tls::Tls;
pub use links::{examine_links, warnings};

/// Every problem of the surroundings that keeps the hub from starting, each at the setting that leads there.
pub fn examine(loaded: &Loaded) -> Vec<Problem> {
    let doors = &loaded.config.web.doors;
    let mut problems = Vec::new();
    for (key, file) in [("web.cert", &doors.cert), ("web.key", &doors.key)] {
        if let Some(file) = file
            && let Err(error) = File::open(file)
        {
            problems.push(loaded.problem(key, cannot("read", file, &error), readable_hint(&error)));
        }
    }
    if problems.is_empty() && doors.cert.is_some() {
        // An own certificate is only read; the hub's own would be made, so it is left alone.
        let names = Names::of_this_machine(&doors.names);
        let opened = Tls::open(doors, &loaded.config.hub.data, &names, SystemTime::now());
        problems.extend(opened.err().map(|error| loaded.problem("web.cert", error.to_string(), None)));
    }
    problems.extend(data_folder(loaded));
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems
}

fn data_folder(loaded: &Loaded) -> Option<Problem> {
    let folder = &loaded.config.hub.data;
    if let Some(partition::Missing { what, place }) = partition::missing(folder) {
        let found = format!(
            "{} belongs on {what}, which /etc/fstab mounts at {}, and that is not mounted; a hub that starts without \
             it would begin anew",
            folder.display(),
            place.display()
        );
        let hint = format!("sudo mount {}; `journalctl -b` tells why it is not", place.display());
        return Some(loaded.problem("hub.data", found, Some(hint)));
    }
    // The nearest folder that exists decides whether the missing ones can be made.
    let existing = folder.ancestors().find(|part| part.exists()).unwrap_or(Path::new("."));
    let existing = if existing.as_os_str().is_empty() { Path::new(".") } else { existing };
    let error = match fs::metadata(existing) {
        Ok(meta) if !meta.is_dir() => io::Error::from(io::ErrorKind::NotADirectory),
        Ok(_) => rustix::fs::access(existing, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)
            .err()?
            .into(),
        Err(error) => error,
    };
    let hint = match error.kind() {
        io::ErrorKind::NotADirectory => "name a folder".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => format!(
            "this file system is read-only: mount a partition that may be written at {}, or, if it is one, see `dmesg` \
             for why it no longer may, check it, and sudo mount -o remount,rw",
            folder.display()
        ),
        _ => format!("let the hub's user write there, e.g. sudo chown \"$USER\" {}", existing.display()),
    };
    Some(loaded.problem("hub.data", cannot("write to", existing, &error), Some(hint)))
}

fn cannot(verb: &str, file: &Path, error: &io::Error) -> String {
    format!("cannot {verb} {}: {}", file.display(), sheet::plain(error))
}

fn readable_hint(error: &io::Error) -> Option<String> {
    (error.kind() == io::ErrorKind::PermissionDenied).then(|| {
        "let the hub's user read it, e.g. chgrp and chmod 640; never make a key readable for all".into()
    })
}
