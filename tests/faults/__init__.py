"""The table of faults, row by row, with real processes: docs/faults.md says which test holds which promise."""
