//! The configuration file: composes the configuration of the rooms and reports all problems at once.
