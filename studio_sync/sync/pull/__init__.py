"""Pull: from the database into the files; and resolve: resolving conflicts."""
