"""Authoring: creating, moving and copying records in the files, without a database."""
