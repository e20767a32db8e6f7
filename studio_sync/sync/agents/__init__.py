"""What AI agents may do with the files of a workspace."""
