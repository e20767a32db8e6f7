"""git: running it safely, and reading its history, index and working tree."""
