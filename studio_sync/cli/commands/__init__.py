"""The commands, a short module each."""
