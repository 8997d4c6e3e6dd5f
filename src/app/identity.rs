//! By which name this hub is known among hubs: eight hexadecimal digits, made once and kept in the data folder.
//!
//! Topics of this hub begin with `clown-hub/<id>`; by them hubs tell their own words from those of others.

use std::fs;
use std::io;
use std::path::Path;

use crate::web::private;
use crate::web::random;

const FILE: &str = "id";
const DIGITS: usize = 8;

/// The id of the hub with this data folder. A file that holds none is replaced.
pub fn hub_id(data: &Path) -> io::Result<String> {
    let file = data.join(FILE);
    match fs::read_to_string(&file) {
        Ok(text) if is_id(text.trim()) => return Ok(text.trim().to_owned()),
        Ok(_) => tracing::warn!("{} held no id of a hub; this hub has a new one", file.display()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let id = random::hex(&random::bytes::<{ DIGITS / 2 }>()?);
    private::write(&file, format!("{id}\n").as_bytes(), 0o600)?;
    Ok(id)
}

/// The name of this machine, for people.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn is_id(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_once_and_damage_makes_a_new_one() {
        let data = tempfile::tempdir().unwrap();
        let id = hub_id(data.path()).unwrap();
        assert!(is_id(&id), "{id}");
        assert_eq!(hub_id(data.path()).unwrap(), id);
        fs::write(data.path().join(FILE), "../../etc").unwrap();
        let next = hub_id(data.path()).unwrap();
        assert!(is_id(&next) && next != id, "{next}");
        assert_eq!(hub_id(data.path()).unwrap(), next);
    }
}
