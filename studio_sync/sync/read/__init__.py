"""What the files say, as records: read, checked, and remembered from run to run."""
