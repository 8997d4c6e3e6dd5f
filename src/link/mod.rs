//! How the world speaks: one file per transport.
