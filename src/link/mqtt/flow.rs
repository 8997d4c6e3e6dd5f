//! What goes where on an MQTT link: everything a message means, and nothing of how it travels.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`routes`], [`filters`] | topics: taken from the broker, given to it, under which names |

pub mod filters;
pub mod routes;
