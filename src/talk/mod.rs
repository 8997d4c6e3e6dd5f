//! What is said: topics, payloads, messages and lines.
