"""Files on the disk: read and written whole, and inside of the workspace."""
