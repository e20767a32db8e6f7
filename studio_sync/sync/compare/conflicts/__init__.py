"""Conflicts: merged where possible, otherwise prepared for display and decision."""
