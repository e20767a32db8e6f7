"""From the database into the files, and conflicts settled."""
