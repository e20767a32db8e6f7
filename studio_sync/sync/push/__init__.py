"""From the files into the database."""
