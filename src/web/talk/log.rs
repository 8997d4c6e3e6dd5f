//! What a feed said lately, as frames in chunks, for those of its clients that are a little behind.
//!
//! A client's place is the number of the chunk it gets next; a place before [`Log::first`] is lost.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Bytes of frames kept for clients that are behind.
const LOG_BYTES: usize = 1 << 20;

/// The newest chunks of frames; older ones are forgotten.
#[derive(Default)]
pub(super) struct Log {
    chunks: VecDeque<(Bytes, u32)>,
    bytes: usize,
    /// The number of the oldest chunk kept, and of the messages before it.
    pub(super) first: u64,
    pub(super) begins: u64,
    messages: u64,
}

/// Frames that came together.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) frames: BytesMut,
    pub(super) messages: u32,
}

impl Log {
    /// Appends; the oldest go when it gets too long.
    pub(super) fn push(&mut self, chunk: Chunk) {
        if chunk.messages == 0 {
            return;
        }
        self.bytes += chunk.frames.len();
        self.messages += u64::from(chunk.messages);
        self.chunks.push_back((chunk.frames.freeze(), chunk.messages));
        while self.bytes > LOG_BYTES && self.chunks.len() > 1 {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((frames, messages)) = self.chunks.pop_front() {
            self.bytes -= frames.len();
            self.first += 1;
            self.begins += u64::from(messages);
        }
    }

    /// Nothing kept is complete any more: whoever is not at the end has to start again, and so has everybody.
    pub(super) fn forget(&mut self, missed: u64) {
        while !self.chunks.is_empty() {
            self.drop_oldest();
        }
        self.first += 1;
        self.messages += missed;
        self.begins = self.messages;
    }

    /// What came from this chunk on; it must still be kept.
    pub(super) fn since(&self, chunk: u64) -> impl Iterator<Item = &Bytes> {
        let skip = usize::try_from(chunk - self.first).unwrap_or(usize::MAX);
        self.chunks.iter().skip(skip).map(|(frames, _)| frames)
    }

    /// The number of the next chunk and the messages before it.
    pub(super) fn end(&self) -> (u64, u64) {
        (self.first + self.chunks.len() as u64, self.messages)
    }
}
