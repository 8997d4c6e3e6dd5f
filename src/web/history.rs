//! What was recorded, for programs: as files, and from files.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`samples`] | all samples of a time, as a file; and what is forgotten |
//! | [`import`] | files from elsewhere |
//! | [`refusal`] | why something is not done, as JSON |

pub mod import;
pub mod refusal;
pub mod samples;
