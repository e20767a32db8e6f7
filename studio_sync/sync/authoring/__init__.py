"""Making, moving and copying records in the files; none of it needs a database."""
