"""Events of the file system, and when a file has settled."""
