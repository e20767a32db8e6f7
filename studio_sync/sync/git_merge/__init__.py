"""The merge of a record's file for git: what `studio merge-file` does."""
