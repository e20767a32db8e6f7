"""Three-way merge of texts and JSON values, diffs of two values, and the parts of a conflict."""
