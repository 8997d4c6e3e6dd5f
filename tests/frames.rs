//! Serial dialects, by bytes that others recorded: every capture gives the readings that its documentation says, and
//! nothing that was damaged, cut or joined on the way ever becomes a reading.

#[path = "frames/captures.rs"]
mod captures;
#[path = "frames/damage.rs"]
mod damage;
#[path = "frames/dialects.rs"]
mod dialects;
#[path = "frames/stage.rs"]
mod stage;
