//! The door through which the hub itself reaches its broker: a socket in the data folder, for its owner alone.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

const FILE: &str = "broker.sock";
/// The system's limit of a socket's path, the final NUL not counted.
const LONGEST: usize = 107;

/// A socket that goes with the hub.
pub struct Socket {
    file: PathBuf,
    address: PathBuf,
    /// Held open as long as the address leads through it.
    _folder: Option<File>,
}

impl Socket {
    /// Makes the socket, in place of one that a killed hub has left.
    pub fn make(data: &Path) -> io::Result<(Self, UnixListener)> {
        let file = data.join(FILE);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        // What is too long for the system is reached through the open folder.
        let (address, folder) = if file.as_os_str().len() > LONGEST {
            let folder = File::open(data)?;
            (PathBuf::from(format!("/proc/self/fd/{}/{FILE}", folder.as_raw_fd())), Some(folder))
        } else {
            (file.clone(), None)
        };
        let listener = UnixListener::bind(&address)?;
        fs::set_permissions(&file, Permissions::from_mode(0o600))?;
        Ok((Self { file, address, _folder: folder }, listener))
    }

    /// A path that this process can connect to.
    pub fn address(&self) -> &Path {
        &self.address
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The next start removes what is left.
        let _ = fs::remove_file(&self.file);
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::UnixStream;

    use super::*;

    async fn check(data: &Path) {
        fs::create_dir_all(data).unwrap();
        fs::write(data.join(FILE), "left by a hub that was killed").unwrap();
        let (socket, listener) = Socket::make(data).unwrap();
        let (client, accepted) = tokio::join!(UnixStream::connect(socket.address()), listener.accept());
        assert!(client.is_ok() && accepted.is_ok());
        let mode = fs::metadata(data.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(socket);
        assert!(!data.join(FILE).exists());
    }

    #[tokio::test]
    async fn the_socket_is_its_owners_and_goes_with_the_hub() {
        let data = tempfile::tempdir().unwrap();
        check(data.path()).await;
    }

    #[tokio::test]
    async fn a_data_folder_far_down_has_its_socket_too() {
        let data = tempfile::tempdir().unwrap();
        check(&data.path().join("a".repeat(100)).join("b".repeat(100))).await;
    }
}
