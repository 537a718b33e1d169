"""A look inside a file, without running anything: pure functions from bytes to values that a template draws."""
