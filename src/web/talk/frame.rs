//! WebSocket frames as the hub writes them: whole, unmasked text frames, prepared once and shared by all clients.
//!
//! Reading is the WebSocket library's; only what leaves is framed here, so that what waits for a client can leave in
//! one write. Source: RFC 6455 §5.2.

use bytes::{BufMut, Bytes, BytesMut};

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;

/// A ping without data.
pub(super) const PING: &[u8] = &[0x89, 0];

/// Appends one text message.
pub(super) fn push_text(frames: &mut BytesMut, text: &str) {
    let len = text.len();
    frames.reserve(len + 10);
    frames.put_u8(TEXT);
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(short @ 0..=125), _) => frames.put_u8(short),
        (_, Ok(medium)) => {
            frames.put_u8(126);
            frames.put_u16(medium);
        }
        _ => {
            frames.put_u8(127);
            frames.put_u64(len as u64);
        }
    }
    frames.put_slice(text.as_bytes());
}

/// One text message.
pub(super) fn text(text: &str) -> Bytes {
    let mut frames = BytesMut::new();
    push_text(&mut frames, text);
    frames.freeze()
}

/// The closing frame with its code and a reason of at most 123 bytes.
pub(super) fn close(code: u16, reason: &str) -> Bytes {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let mut frame = BytesMut::with_capacity(4 + end);
    frame.put_u8(CLOSE);
    // At most 125, which fits the short form.
    frame.put_u8((end + 2) as u8);
    frame.put_u16(code);
    frame.put_slice(&reason.as_bytes()[..end]);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        let check = |len: usize, header: &[u8]| {
            let frame = text(&"x".repeat(len));
            assert_eq!(&frame[..header.len()], header);
            assert_eq!(frame.len(), header.len() + len);
        };
        check(0, &[0x81, 0]);
        check(125, &[0x81, 125]);
        check(126, &[0x81, 126, 0, 126]);
        check(65_535, &[0x81, 126, 0xff, 0xff]);
        check(65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let frame = close(1013, &"℃".repeat(60));
        assert_eq!(&frame[..4], &[0x88, 125, 0x03, 0xf5]);
        assert!(std::str::from_utf8(&frame[4..]).is_ok());
    }
}
