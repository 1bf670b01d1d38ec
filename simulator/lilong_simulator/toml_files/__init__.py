"""TOML files that people write: where each key stands, what is wrong there, and what to do about it."""
