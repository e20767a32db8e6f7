"""Connections: opened, waited for, tried again, and what a server says of itself."""
