//! What one flush has written: a row with the samples of all series since the flush before.
//!
//! Numbers are LEB128, signed ones zigzag. A row is: the version 1; the time it begins with, in milliseconds since
//! 1970; then for each series its number, how many samples, and for each of them the time since the one before (the
//! first since the row's beginning), a byte, and the value: 0 to 6 is a whole number with so many decimals, 254 a gap
//! without a value, 255 a 64-bit float with the lowest byte first.

use std::collections::BTreeMap;

use super::codec::{FLOATS, MOST_DECIMALS, value, whole};
use super::series::Sample;

/// How rows are written today.
const VERSION: u8 = 1;

/// A gap.
const GAP: u8 = 254;

/// The samples of some series, each with its number in the file.
pub type Batch = BTreeMap<i64, Vec<Sample>>;

/// A row; nothing if there is no sample.
pub fn write(batch: &Batch) -> Option<Vec<u8>> {
    let begin = batch.values().flatten().map(|sample| sample.at).min()?;
    let mut row = vec![VERSION];
    signed(&mut row, begin);
    for (series, samples) in batch.iter().filter(|(_, samples)| !samples.is_empty()) {
        signed(&mut row, *series);
        unsigned(&mut row, samples.len() as u64);
        let mut before = begin;
        for sample in samples {
            signed(&mut row, sample.at.wrapping_sub(before));
            before = sample.at;
            match whole(sample.value) {
                Some((whole, decimals)) => {
                    row.push(decimals);
                    signed(&mut row, whole);
                }
                None if sample.is_gap() => row.push(GAP),
                None => {
                    row.push(FLOATS);
                    row.extend(sample.value.to_le_bytes());
                }
            }
        }
    }
    Some(row)
}

/// What a row says; nothing if it is damaged.
pub fn read(row: &[u8]) -> Option<Batch> {
    let (&VERSION, mut rest) = row.split_first()? else { return None };
    let begin = take_signed(&mut rest)?;
    let mut batch = Batch::new();
    while !rest.is_empty() {
        let series = take_signed(&mut rest)?;
        let count = take_unsigned(&mut rest)?;
        // Each sample has two bytes at least; what says otherwise is damaged.
        if count > rest.len() as u64 / 2 {
            return None;
        }
        let mut before = begin;
        let samples = batch.entry(series).or_default();
        for _ in 0..count {
            before = before.wrapping_add(take_signed(&mut rest)?);
            samples.push(Sample { at: before, value: take_value(&mut rest)? });
        }
    }
    Some(batch)
}

fn take_value(rest: &mut &[u8]) -> Option<f64> {
    let (&head, behind) = rest.split_first()?;
    *rest = behind;
    match head {
        FLOATS => {
            let (bytes, behind) = rest.split_first_chunk::<8>()?;
            *rest = behind;
            Some(f64::from_le_bytes(*bytes))
        }
        GAP => Some(f64::NAN),
        decimals if decimals <= MOST_DECIMALS => Some(value(take_signed(rest)?, decimals)),
        _ => None,
    }
}

fn unsigned(row: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        row.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    row.push(number.to_le_bytes()[0]);
}

fn signed(row: &mut Vec<u8>, number: i64) {
    unsigned(row, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

fn take_unsigned(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_signed(rest: &mut &[u8]) -> Option<i64> {
    let number = take_unsigned(rest)?;
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        let sample = |at, value| Sample { at, value };
        Batch::from([
            (1, vec![sample(1_795_000_000_000, 21.45), sample(1_795_000_010_003, 21.5)]),
            (7, vec![sample(1_794_999_999_000, -0.0)]),
            (300, vec![sample(i64::MIN, 1.0 / 3.0), sample(i64::MAX, 1e9)]),
        ])
    }

    #[test]
    fn a_row_says_what_was_written() {
        assert_eq!(read(&write(&batch()).unwrap()), Some(batch()));
        assert_eq!(write(&Batch::new()), None);
        assert_eq!(write(&Batch::from([(1, vec![])])), None);
    }

    #[test]
    fn a_gap_has_no_value() {
        let gap = Batch::from([(1, vec![Sample { at: 5, value: f64::NAN }])]);
        let row = write(&gap).unwrap();
        assert_eq!(row.len(), 1 + 1 + 1 + 1 + 1 + 1);
        assert!(read(&row).unwrap()[&1][0].is_gap());
    }

    #[test]
    fn whatever_is_written_comes_back() {
        for seed in 0..200 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut sample = || Sample {
                at: if random.bool() { random.i64(..) } else { 1_795_000_000_000 + random.i64(0..20_000) },
                value: match random.u8(..4) {
                    0 => f64::from_bits(random.u64(..)),
                    1 => f64::NAN,
                    _ => f64::from(random.i32(..)) / 10_f64.powi(random.i32(0..8)),
                },
            };
            let samples: Vec<Vec<Sample>> =
                (1..40).map(|count| (0..count % 7 + 1).map(|_| sample()).collect()).collect();
            let batch: Batch = (i64::MIN..).step_by(1 << 58).zip(samples).collect();
            let back = read(&write(&batch).unwrap()).unwrap();
            assert_eq!(back.len(), batch.len());
            for (one, other) in back.values().flatten().zip(batch.values().flatten()) {
                let is_same =
                    one.is_same(other) && (one.is_gap() || one.value.to_bits() == other.value.to_bits());
                assert!(is_same, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn samples_of_a_regular_series_take_few_bytes() {
        let samples = (0..100).map(|n| Sample { at: n * 10_000, value: f64::from(2_145) / 100.0 }).collect();
        assert!(write(&Batch::from([(1, samples)])).unwrap().len() < 100 * 7);
    }

    #[test]
    fn a_damaged_row_is_nothing_or_something_else_and_never_a_panic() {
        let row = write(&batch()).unwrap();
        for at in 0..row.len() {
            assert_ne!(read(&row[..at]), Some(batch()));
            for bit in 0..8 {
                let mut damaged = row.clone();
                damaged[at] ^= 1 << bit;
                let _ = read(&damaged);
            }
        }
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[VERSION, 0, 2, 0xff, 0xff, 0xff, 0xff, 0x0f]), None);
    }
}
