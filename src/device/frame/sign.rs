//! Frames with other words in them: the checksum is made right again, as a device does that says something new.

use super::binary::{Binary, Check};
use super::block::{Behind, Block};
use super::checksum::{Sum, Written};
use super::fields::place;
use super::lines::{LineSum, Lines, VE_DIRECT_HEX, ve_direct_sum};
use super::{Format, find};

impl Format {
    /// A frame whose words were changed, with its checksum as it has to be now; nothing if that is not known.
    pub fn signed(&self, wire: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Lines(lines) => lines.signed(wire),
            Self::Block(block) => block.signed(wire),
            Self::Binary(binary) => binary.signed(wire),
            // Its checksums are several, one inside the other.
            Self::Sml => None,
            // Nothing proves a message.
            Self::Firmata(_) => Some(wire.to_vec()),
        }
    }
}

impl Lines {
    fn signed(&self, wire: &[u8]) -> Option<Vec<u8>> {
        let Some(sum) = self.sum else { return Some(wire.to_vec()) };
        let end = wire.strip_suffix(self.end.as_bytes())?.trim_ascii_end().len();
        let (line, rest) = wire.split_at(end);
        let said = line.strip_prefix(self.start.as_bytes())?;
        Some([self.start.as_bytes(), &sum.signed(said)?, rest].concat())
    }
}

impl LineSum {
    /// A line without what it begins with, its old checksum replaced.
    fn signed(self, said: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Marked { mark, sum } => {
                let covered = &said[..memchr::memrchr(mark, said)?];
                Some([covered, &[mark], &sum.sent(covered, Written::Hex)].concat())
            }
            Self::Teleinfo { with_separator } => {
                let [covered @ .., separator, _] = said else { return None };
                let with = if with_separator { &said[..said.len() - 1] } else { covered };
                let told = u8::try_from((Sum::Sum8.of(with) & 0x3f) + 0x20).ok()?;
                Some([covered, &[*separator, told]].concat())
            }
            Self::VeDirectHex => {
                let covered = said.get(..said.len().checked_sub(2)?)?;
                let told = VE_DIRECT_HEX.wrapping_sub(ve_direct_sum(covered)?) & 0xff;
                Some([covered, format!("{told:02X}").as_bytes()].concat())
            }
        }
    }
}

impl Block {
    fn signed(&self, wire: &[u8]) -> Option<Vec<u8>> {
        // Which lines there are is known only once their checksums hold.
        if self.line_sum.is_some() {
            return None;
        }
        let Some((sum, written)) = self.sum else { return Some(wire.to_vec()) };
        let (marked, whole) = self.end(wire)?;
        let told = sum.sent(&self.without_skipped(&wire[..marked]), written);
        let rest = match self.behind {
            Behind::Bytes(count) => wire.get(marked + count..)?,
            Behind::Line => {
                let behind = &wire[marked..whole];
                let at = find(behind, behind.trim_ascii())? + behind.trim_ascii().len();
                &wire[marked + at..]
            }
        };
        Some([&wire[..marked], &told, rest].concat())
    }
}

impl Binary {
    fn signed(&self, wire: &[u8]) -> Option<Vec<u8>> {
        if self.escape.is_some() {
            return None;
        }
        let Some(Check { sum, from, to, at, written }) = self.check else { return Some(wire.to_vec()) };
        let mut signed = wire.to_vec();
        let length = wire.len();
        let told = sum.sent(wire.get(place(from, length)?..place(to, length)?)?, written);
        let at = place(at, length)?;
        signed.get_mut(at..at + told.len())?.copy_from_slice(&told);
        Some(signed)
    }
}

#[cfg(test)]
mod tests {
    use crate::device::builtin;
    use crate::device::profile::{Given, Profile};

    /// Every recorded frame is signed as it was, after its checksum was spoiled.
    #[test]
    fn recorded_frames_get_the_checksum_they_had() {
        let mut signed = 0;
        let of = |profile: &Profile, wire: &[u8]| -> usize {
            let Some(frame) = &profile.frame else { return 0 };
            let Some(again) = frame.signed(wire) else { return 0 };
            assert_eq!(again, wire, "{}", profile.id);
            1
        };
        for profile in builtin::profiles() {
            for example in profile.examples.iter().filter(|example| example.damage.is_none()) {
                signed += match (&example.given, &profile.frame) {
                    (Given::Line(line), Some(frame)) => {
                        of(profile, format!("{line}{}", frame.line_end()).as_bytes())
                    }
                    (Given::Bytes(bytes), _) => of(profile, bytes),
                    _ => 0,
                };
            }
        }
        assert!(signed > 20, "{signed}");
    }

    #[test]
    fn what_is_changed_gets_another_checksum() {
        let profile = |id: &str| {
            let all = builtin::profiles();
            all.iter().find(|profile| *profile.id == *id).and_then(|profile| profile.frame.clone()).expect(id)
        };
        // The exclusive-or of all characters between $ and *: 9 for 0 in the speed turns 62 to 6B.
        let line = b"$GPRMC,102929.00,A,5327.04024,N,00214.41560,W,9.273,,070321,,,A*62\n";
        let signed = profile("nmea/gps").signed(line).expect("a line with a checksum");
        assert!(signed.ends_with(b",A*6B\n"), "{}", signed.escape_ascii());
        // 0x06 + 0x01 + 0x00 + 0x00 + 0xa1 + 0x60 = 0x108.
        let frame = [0xaa, 0xc5, 6, 1, 0, 0, 0xa1, 0x60, 9, 0xab];
        assert_eq!(profile("nova/sds011").signed(&frame).expect("a frame")[8], 8);
    }
}
