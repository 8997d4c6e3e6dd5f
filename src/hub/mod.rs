//! Where it meets: last values, presence, commands and the stream everyone hears.
