"""The papers' methods, by topic: one method a file."""
