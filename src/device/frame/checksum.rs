//! Checksums: how a device proves that its bytes arrived as it sent them.
//!
//! Every kind is a plain function of the bytes it covers; which bytes those are, and where the result stands, says the
//! frame.

/// A kind of checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    /// All bytes added, the lowest 8 bits.
    Sum8,
    /// All bytes added, 16 bits.
    Sum16,
    /// All bytes exclusive-or.
    Xor8,
    /// What is missing until all bytes together are 0 in 8 bits.
    TwosComplement,
    /// A cyclic redundancy check.
    Crc(Crc),
}

/// The parameters of a cyclic redundancy check, as catalogues of them list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crc {
    /// 8, 16 or 32 bits.
    pub width: u32,
    /// The polynomial, its highest power left away, not reflected.
    pub poly: u32,
    /// What the register begins with.
    pub init: u32,
    /// Whether bits go in and come out with the lowest first.
    pub reflect: bool,
    /// What the result is exclusive-or'ed with.
    pub xorout: u32,
}

/// How the result stands among the bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// As bytes, the highest first.
    #[default]
    Big,
    /// As bytes, the lowest first.
    Little,
    /// As hexadecimal digits, small or capital.
    Hex,
}

const fn crc(width: u32, poly: u32, init: u32, reflect: bool, xorout: u32) -> Sum {
    Sum::Crc(Crc { width, poly, init, reflect, xorout })
}

/// The check of Modbus RTU.
pub const CRC16_MODBUS: Sum = crc(16, 0x8005, 0xffff, true, 0);
/// The check of SML, and of HDLC.
pub const CRC16_X25: Sum = crc(16, 0x1021, 0xffff, true, 0xffff);

/// Every kind that has a name of its own.
pub const SUMS: [(&str, Sum); 14] = [
    ("sum8", Sum::Sum8),
    ("sum16", Sum::Sum16),
    ("xor8", Sum::Xor8),
    ("twos-complement", Sum::TwosComplement),
    ("crc8", crc(8, 0x07, 0, false, 0)),
    ("crc8-maxim", crc(8, 0x31, 0, true, 0)),
    ("crc8-nrsc5", crc(8, 0x31, 0xff, false, 0)),
    ("crc16-arc", crc(16, 0x8005, 0, true, 0)),
    ("crc16-modbus", CRC16_MODBUS),
    ("crc16-x25", CRC16_X25),
    ("crc16-ccitt", crc(16, 0x1021, 0xffff, false, 0)),
    ("crc16-xmodem", crc(16, 0x1021, 0, false, 0)),
    ("crc16-kermit", crc(16, 0x1021, 0, true, 0)),
    ("crc32", crc(32, 0x04c1_1db7, 0xffff_ffff, true, 0xffff_ffff)),
];

impl Sum {
    /// The checksum of `bytes`.
    pub fn of(self, bytes: &[u8]) -> u32 {
        let sum = || bytes.iter().fold(0u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
        match self {
            Self::Sum8 => sum() & 0xff,
            Self::Sum16 => sum() & 0xffff,
            Self::Xor8 => bytes.iter().fold(0, |sum, byte| sum ^ u32::from(*byte)),
            Self::TwosComplement => sum().wrapping_neg() & 0xff,
            Self::Crc(crc) => crc.of(bytes),
        }
    }

    /// How many bytes it takes.
    pub fn width(self) -> usize {
        match self {
            Self::Sum8 | Self::Xor8 | Self::TwosComplement => 1,
            Self::Sum16 => 2,
            Self::Crc(crc) => (crc.width / 8) as usize,
        }
    }

    /// How many bytes it takes as it is written.
    pub fn length(self, written: Written) -> usize {
        match written {
            Written::Big | Written::Little => self.width(),
            Written::Hex => self.width() * 2,
        }
    }

    /// The checksum of `bytes` as it is sent.
    pub fn sent(self, bytes: &[u8], written: Written) -> Vec<u8> {
        let (value, width) = (self.of(bytes), self.width());
        match written {
            Written::Big => value.to_be_bytes()[4 - width..].to_vec(),
            Written::Little => value.to_le_bytes()[..width].to_vec(),
            Written::Hex => format!("{value:0digits$X}", digits = width * 2).into_bytes(),
        }
    }

    /// Whether `told` is the checksum of `bytes`.
    pub fn holds(self, bytes: &[u8], told: &[u8], written: Written) -> bool {
        let sent = self.sent(bytes, written);
        match written {
            Written::Big | Written::Little => sent == told,
            Written::Hex => sent.eq_ignore_ascii_case(told),
        }
    }
}

impl Crc {
    fn of(self, bytes: &[u8]) -> u32 {
        let mask = u32::MAX >> (32 - self.width);
        let register = match self.reflect {
            true => self.reflected(bytes),
            false => self.straight(bytes),
        };
        (register ^ self.xorout) & mask
    }

    fn straight(self, bytes: &[u8]) -> u32 {
        let up = 32 - self.width;
        let mut register = self.init << up;
        for byte in bytes {
            register ^= u32::from(*byte) << 24;
            for _ in 0..8 {
                let carry = register >> 31;
                register = (register << 1) ^ (carry * (self.poly << up));
            }
        }
        register >> up
    }

    fn reflected(self, bytes: &[u8]) -> u32 {
        let poly = self.poly.reverse_bits() >> (32 - self.width);
        let mut register = self.init.reverse_bits() >> (32 - self.width);
        for byte in bytes {
            register ^= u32::from(*byte);
            for _ in 0..8 {
                let carry = register & 1;
                register = (register >> 1) ^ (carry * poly);
            }
        }
        register
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_of_the_catalogues_give_their_check_values() {
        // "123456789", as the catalogue of parametrised CRC algorithms lists them.
        let values = [
            ("crc8", 0xf4),
            ("crc8-maxim", 0xa1),
            ("crc8-nrsc5", 0xf7),
            ("crc16-arc", 0xbb3d),
            ("crc16-modbus", 0x4b37),
            ("crc16-x25", 0x906e),
            ("crc16-ccitt", 0x29b1),
            ("crc16-xmodem", 0x31c3),
            ("crc16-kermit", 0x2189),
            ("crc32", 0xcbf4_3926),
            ("sum8", 0xdd),
            ("sum16", 0x01dd),
            ("xor8", 0x31),
            ("twos-complement", 0x23),
        ];
        for (name, value) in values {
            let (_, sum) = SUMS.iter().find(|(known, _)| *known == name).expect(name);
            assert_eq!(sum.of(b"123456789"), value, "{name}");
        }
    }

    #[test]
    fn checksums_are_written_as_devices_write_them() {
        assert_eq!(CRC16_MODBUS.sent(&[1, 5, 0, 0, 0xff, 0], Written::Little), [0x8c, 0x3a]);
        assert_eq!(Sum::Sum16.sent(&[0x42, 0x4d, 0xe2, 0, 0], Written::Big), [0x01, 0x71]);
        assert_eq!(Sum::Xor8.sent(b"GPGLL", Written::Hex).len(), 2);
        assert!(Sum::Xor8.holds(&[0x6a], b"6a", Written::Hex));
        assert!(!Sum::Xor8.holds(&[0x6a], b"6", Written::Hex));
        assert!(!Sum::Xor8.holds(&[0x41], b"a", Written::Big), "bytes have no small letters");
    }
}
