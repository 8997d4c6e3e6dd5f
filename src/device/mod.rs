//! What it means: the closed vocabulary of property kinds that widgets and rules rely on.
