//! Columns of times and values as bytes.
//!
//! Times are milliseconds since 1970, packed by `pco` as 64-bit integers. Values begin with a byte: 0 to 6 says that whole
//! numbers follow, packed in the same way, each the value times ten to that power; 255 says that 64-bit floats follow.
//! Devices tell decimals, so most columns are whole numbers, which pack far better and come back to the last digit.
//! A gap is the least whole number there is, which no value comes to, or a float that is no number.

use pco::ChunkConfig;
use pco::standalone::{simple_compress, simple_decompress};

use super::series::Sample;

/// The most decimals that are packed as whole numbers.
pub const MOST_DECIMALS: u8 = 6;
/// Says that floats follow.
pub const FLOATS: u8 = u8::MAX;
/// Whole numbers up to here are exact as floats.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// Stands for a gap among whole numbers.
pub const GAP: i64 = i64::MIN;
/// How hard is packed: the library's own middle.
const LEVEL: usize = 8;

/// Why a column cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a chunk is damaged: {0}")]
pub struct Damaged(pub String);

/// A value as a whole number and how many decimals it has; nothing if it has too many of either, or is a gap.
pub fn whole(value: f64) -> Option<(i64, u8)> {
    (0..=MOST_DECIMALS).find_map(|decimals| Some((scaled(value, decimals)?, decimals)))
}

/// The value times ten to the power of `decimals`, if that is whole and leads back to it.
fn scaled(told: f64, decimals: u8) -> Option<i64> {
    let scaled = (told * 10_f64.powi(i32::from(decimals))).round();
    // This is false for what is no number, too.
    if scaled.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
        let whole = scaled as i64;
        // Zero has two signs, of which a whole number knows one.
        return (value(whole, decimals).to_bits() == told.to_bits()).then_some(whole);
    }
    None
}

/// The value of a whole number.
pub fn value(whole: i64, decimals: u8) -> f64 {
    if whole == GAP {
        return f64::NAN;
    }
    #[expect(clippy::cast_precision_loss, reason = "it came from a float that was small enough")]
    let whole = whole as f64;
    whole / 10_f64.powi(i32::from(decimals))
}

/// Times and values of a chunk.
pub fn pack(samples: &[Sample]) -> Result<(Vec<u8>, Vec<u8>), Damaged> {
    let config = ChunkConfig::default().with_compression_level(LEVEL);
    let damaged = |error: pco::errors::PcoError| Damaged(error.to_string());
    let times: Vec<i64> = samples.iter().map(|sample| sample.at).collect();
    let times = simple_compress(&times, &config).map_err(damaged)?;
    let most = |most: u8, sample: &Sample| {
        let decimals =
            if sample.is_gap() { Some(0) } else { whole(sample.value).map(|(_, decimals)| decimals) };
        decimals.map(|decimals| most.max(decimals))
    };
    let wholes = samples.iter().try_fold(0, most).and_then(|decimals| {
        let number = |sample: &Sample| {
            if sample.is_gap() { Some(GAP) } else { scaled(sample.value, decimals) }
        };
        let column: Option<Vec<i64>> = samples.iter().map(number).collect();
        Some((decimals, column?))
    });
    let (head, column) = match wholes {
        Some((decimals, wholes)) => (decimals, simple_compress(&wholes, &config).map_err(damaged)?),
        None => {
            let floats: Vec<f64> = samples.iter().map(|sample| sample.value).collect();
            (FLOATS, simple_compress(&floats, &config).map_err(damaged)?)
        }
    };
    Ok((times, [&[head], column.as_slice()].concat()))
}

/// The samples of a chunk of `count`.
pub fn unpack(times: &[u8], values: &[u8], count: usize) -> Result<Vec<Sample>, Damaged> {
    let damaged = |error: pco::errors::PcoError| Damaged(error.to_string());
    let times: Vec<i64> = simple_decompress(times).map_err(damaged)?;
    let values: Vec<f64> = match values.split_first() {
        Some((&FLOATS, column)) => simple_decompress(column).map_err(damaged)?,
        Some((&decimals, column)) if decimals <= MOST_DECIMALS => {
            let wholes: Vec<i64> = simple_decompress(column).map_err(damaged)?;
            wholes.into_iter().map(|whole| value(whole, decimals)).collect()
        }
        Some((head, _)) => return Err(Damaged(format!("values of an unknown kind ({head})"))),
        None => return Err(Damaged("no values".to_owned())),
    };
    if times.len() != count || values.len() != count {
        let found = format!("{} times and {} values instead of {count}", times.len(), values.len());
        return Err(Damaged(found));
    }
    Ok(times.into_iter().zip(values).map(|(at, value)| Sample { at, value }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(values: &[f64]) -> u8 {
        let at = |index: usize| 1_795_000_000_000 + i64::try_from(index).unwrap() * 10_000;
        let samples: Vec<Sample> =
            values.iter().enumerate().map(|(index, value)| Sample { at: at(index), value: *value }).collect();
        let (times, packed) = pack(&samples).unwrap();
        let back = unpack(&times, &packed, samples.len()).unwrap();
        let bits = |samples: &[Sample]| -> Vec<(i64, u64)> {
            // All that are no numbers are one and the same gap.
            let bits = |sample: &Sample| if sample.is_gap() { f64::NAN } else { sample.value }.to_bits();
            samples.iter().map(|sample| (sample.at, bits(sample))).collect()
        };
        assert_eq!(bits(&back), bits(&samples));
        packed[0]
    }

    #[test]
    fn every_value_comes_back_to_the_last_bit() {
        assert_eq!(round(&[21.0, 22.0, -5.0]), 0);
        assert_eq!(round(&[21.45, 21.4, 0.01]), 2);
        assert_eq!(round(&[0.000_001]), 6);
        assert_eq!(round(&[1.0 / 3.0, 2.0]), FLOATS);
        assert_eq!(round(&[f64::NAN, f64::INFINITY, -0.0, f64::MIN_POSITIVE]), FLOATS);
        assert_eq!(round(&[-0.0, 1.0]), FLOATS);
        assert_eq!(round(&[1e300]), FLOATS);
        assert_eq!(round(&[EXACT, -EXACT]), 0);
        assert_eq!(round(&[21.45, f64::NAN, 21.5]), 2);
        assert_eq!(round(&[f64::NAN, -f64::NAN]), 0);
        assert_eq!(round(&[f64::NAN, 0.1 + 0.2]), FLOATS);
        assert_eq!(round(&[123_456_789.012_345]), 6);
    }

    #[test]
    fn a_few_gaps_cost_a_few_bytes() {
        let values = |gaps: bool| -> Vec<Sample> {
            let value = |n: i32| if gaps && n % 1_000 == 500 { f64::NAN } else { f64::from(n % 37) / 10.0 };
            (0..8_000).map(|n| Sample { at: i64::from(n) * 10_000, value: value(n) }).collect()
        };
        let size = |gaps| pack(&values(gaps)).unwrap().1.len();
        assert!(size(true) < size(false) + 8 * 32, "{} of {}", size(true), size(false));
    }

    #[test]
    fn many_random_values_come_back_to_the_last_bit() {
        let mut random = fastrand::Rng::with_seed(7);
        for round_ in 0..300 {
            let count = random.usize(1..500);
            let decimals = random.u8(0..=8);
            let mut value = random.f64() * 1e4 - 5e3;
            let power = 10_f64.powi(i32::from(decimals));
            let values: Vec<f64> = (0..count)
                .map(|_| {
                    value += random.f64() - 0.5;
                    if round_ % 7 == 0 {
                        f64::from_bits(random.u64(..))
                    } else {
                        (value * power).round() / power
                    }
                })
                .collect();
            round(&values);
        }
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let samples: Vec<Sample> = (0..200)
            .map(|at| Sample { at: at * 1_000, value: f64::from(u8::try_from(at).unwrap()) })
            .collect();
        let (times, values) = pack(&samples).unwrap();
        assert!(unpack(&times, &values, 199).is_err());
        assert!(unpack(&times, &[], 200).is_err());
        assert!(unpack(&times, &[7], 200).is_err());
        for at in 0..values.len() {
            for bit in 0..8 {
                let mut damaged = values.clone();
                damaged[at] ^= 1 << bit;
                // Other values may come out; the file has checks of its own against that.
                let _ = unpack(&times, &damaged, 200);
                let _ = unpack(&times, &values[..at], 200);
            }
        }
    }
}
