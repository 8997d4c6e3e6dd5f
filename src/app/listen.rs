//! Opens the ports the hub listens on; when that fails, says who has the port and what to do.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;

/// Why a port cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {}", explain(.address, .error, .option))]
pub struct ListenError {
    address: SocketAddr,
    error: io::Error,
    /// What chooses another address.
    option: &'static str,
}

impl ListenError {
    /// Whether another program has the port.
    pub fn is_taken(&self) -> bool {
        self.error.kind() == io::ErrorKind::AddrInUse
    }

    /// The port is the broker's.
    pub fn of_the_broker(self) -> Self {
        Self { option: "--broker", ..self }
    }
}

/// Listens on `address`.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|error| ListenError { address, error, option: "--listen" })
}

fn explain(address: &SocketAddr, error: &io::Error, option: &str) -> String {
    let port = address.port();
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            let holder = holder(port).map(|holder| format!(" by {holder}")).unwrap_or_default();
            let ip = if address.is_ipv6() { format!("[{}]", address.ip()) } else { address.ip().to_string() };
            format!(
                "port {port} is in use{holder}; choose another with {option} {ip}:PORT (port 0 takes any free one)"
            )
        }
        io::ErrorKind::PermissionDenied => format!(
            "ports below 1024 are for the system; choose a higher one, or allow it with \
             AmbientCapabilities=CAP_NET_BIND_SERVICE (systemd) or setcap cap_net_bind_service=+ep (port {port})"
        ),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address; use 0.0.0.0 for all".to_owned(),
        _ => error.to_string(),
    }
}

/// The program that listens on a TCP port, as far as this user may see it.
fn holder(port: u16) -> Option<String> {
    let inodes: Vec<String> =
        ["/proc/net/tcp", "/proc/net/tcp6"].iter().flat_map(|table| listening(table, port)).collect();
    let processes = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let is_process = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.as_encoded_bytes().iter().all(u8::is_ascii_digit))
    };
    let mut processes = processes.map(|entry| entry.path()).filter(is_process);
    processes.find(|process| holds(process, &inodes)).map(|process| {
        let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
        let pid = process.file_name().unwrap_or_default().to_string_lossy();
        format!("{} (process {pid})", name.trim())
    })
}

/// The inodes of sockets that listen on `port`, from a table of the kernel.
fn listening(table: &str, port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let text = fs::read_to_string(table).unwrap_or_default();
    let rows = text.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ours = rows.filter(|row| {
        let local = row.get(1).and_then(|address| address.rsplit_once(':'));
        let number = local.and_then(|(_, port)| u16::from_str_radix(port, 16).ok());
        number == Some(port) && row.get(3) == Some(&LISTEN)
    });
    ours.filter_map(|row| row.get(9).map(|inode| format!("socket:[{inode}]"))).collect()
}

fn holds(process: &Path, sockets: &[String]) -> bool {
    let Ok(files) = fs::read_dir(process.join("fd")) else { return false };
    files.filter_map(Result::ok).any(|file| {
        let target = fs::read_link(file.path());
        target.is_ok_and(|target| sockets.iter().any(|socket| target.as_os_str() == socket.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_in_use_is_told_with_its_holder() {
        let first = listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let error = listen(first.local_addr().unwrap()).await.unwrap_err().to_string();
        assert!(error.contains(&format!("(process {})", std::process::id())), "{error}");
        assert!(error.contains("--listen 127.0.0.1:PORT"), "{error}");
    }
}
