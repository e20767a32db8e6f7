"""Push: from the files into the database, in one transaction."""
