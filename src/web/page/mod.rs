//! The pages people see, one file per page with its handler and its test.
//!
//! A page is a struct of ready values and a template that only lays them out. [`Shell`] is what surrounds the content
//! of every page; [`view`] turns what the hub knows into what a tile shows.
//!
//! | file | page |
//! | --- | --- |
//! | [`dashboard`] | every property of every device |
//! | [`shell`] | around every page |
//! | [`show`] | text from outside, made visible and harmless |
//! | [`view`], [`note`] | what a device, a tile and the line under it show |

pub mod dashboard;
pub mod note;
pub mod shell;
pub mod show;
pub mod view;

pub use shell::Shell;
