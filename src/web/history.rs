//! What was recorded, for programs and for the HISTORY page: which series there are, what they come to for a chart, and files.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`list`] | every series there is |
//! | [`chart`] | series of a time, thinned to what a screen shows |
//! | [`pieces`] | numbers: samples as they are, or pieces of time with least, mean and greatest |
//! | [`changes`] | on and off, and words: when they changed |
//! | [`sparks`] | small pictures of the last hours, for tiles |
//! | [`samples`] | all samples of a time, as a file; and what is forgotten |
//! | [`import`] | files from elsewhere |
//! | [`refusal`] | why something is not done, as JSON |

pub mod changes;
pub mod chart;
pub mod import;
pub mod list;
pub mod pieces;
pub mod refusal;
pub mod samples;
pub mod sparks;
