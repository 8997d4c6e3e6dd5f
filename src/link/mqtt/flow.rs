//! What goes where on an MQTT link: everything a message means, and nothing of how it travels.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`routes`], [`filters`] | topics: taken from the broker, given to it, under which names |
//! | [`bases`] | which device a topic belongs to |
//! | [`echo`], [`recent`] | own words that come back, and loops |

pub mod bases;
pub mod echo;
pub mod filters;
pub mod recent;
pub mod routes;
