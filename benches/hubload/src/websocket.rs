//! What a WebSocket client says and hears: the upgrade, text messages in and out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use memchr::memmem;

use crate::client::Url;

/// The header for `USER:PASSWORD`.
pub fn basic(account: &str) -> String {
    format!("Authorization: Basic {}\r\n", BASE64.encode(account))
}

/// Appends a text frame.
pub fn text(out: &mut Vec<u8>, message: &[u8]) {
    frame(out, 1, message);
}

/// One connection's state.
#[derive(Default)]
pub struct Speech {
    /// The server has agreed to speak WebSocket.
    pub upgraded: bool,
    fragments: Vec<u8>,
}

impl Speech {
    /// Appends the request for the upgrade.
    pub fn begin(url: &Url, headers: &str, out: &mut Vec<u8>) -> Self {
        let scheme = if url.tls { "https" } else { "http" };
        let Url { host, port, path, .. } = url;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: aHVibG9hZGh1YmxvYWQhIQ==\r\n\
             Origin: {scheme}://{host}:{port}\r\n{headers}\r\n",
        );
        out.extend_from_slice(request.as_bytes());
        Self::default()
    }

    /// Hands out every whole message and says how much of `bytes` was used, or how the server ended it. Answers to the
    /// server go to `out`.
    pub fn parse(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        each: &mut impl FnMut(&[u8]),
    ) -> Result<usize, String> {
        let mut used = 0;
        if !self.upgraded {
            let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(0) };
            if !bytes.starts_with(b"HTTP/1.1 101") {
                return Err(String::from_utf8_lossy(&bytes[..end]).replace("\r\n", " | "));
            }
            self.upgraded = true;
            used = end + 4;
        }
        while let Some((head, length)) = frame_head(&bytes[used..]) {
            let Some(payload) = bytes.get(used + head..used + head + length) else { break };
            let first = bytes[used];
            used += head + length;
            let last = first & 0x80 != 0;
            match first & 0x0f {
                1 | 2 if last => each(payload),
                0..=2 => {
                    self.fragments.extend_from_slice(payload);
                    if last {
                        each(&std::mem::take(&mut self.fragments));
                    }
                }
                8 => return Err(format!("close frame {:?}", payload.get(..2))),
                9 => frame(out, 10, payload),
                _ => {}
            }
        }
        Ok(used)
    }
}

fn frame(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    const MASK: [u8; 4] = [0x5a, 0xc3, 0x17, 0x88];
    out.push(0x80 | opcode);
    match payload.len() {
        short @ 0..126 => out.push(0x80 | short as u8),
        length => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().enumerate().map(|(index, byte)| byte ^ MASK[index & 3]));
}

/// Length of a server frame's head and of its payload.
fn frame_head(bytes: &[u8]) -> Option<(usize, usize)> {
    match bytes.get(1)? & 0x7f {
        126 => Some((4, u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?) as usize)),
        127 => Some((10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize)),
        short => Some((2, short as usize)),
    }
}
