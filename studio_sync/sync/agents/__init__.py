"""What AI authors may do with the files of a workspace."""
