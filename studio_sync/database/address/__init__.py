"""Addresses of databases: how they are written, taken apart and understood."""
