"""Rows, locks and statements: everything that reads or writes a database."""
