"""Three-way merge of a record's file for git: the use case of `studio merge-file`."""
