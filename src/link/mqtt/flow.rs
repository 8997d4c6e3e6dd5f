//! What goes where on an MQTT link: everything a message means, and nothing of how it travels.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`routes`], [`filters`] | topics: taken from the broker, given to it, under which names |
//! | [`bases`] | which device a topic belongs to |
//! | [`echo`], [`recent`] | own words that come back, and loops |
//! | [`waiting`] | what goes out and has not gone yet |
//! | [`birth`] | hubs say that they are there |
//! | [`ledger`] | what was left in the broker's memory |

pub mod bases;
pub mod birth;
pub mod echo;
pub mod filters;
pub mod ledger;
pub mod recent;
pub mod routes;
pub mod waiting;
