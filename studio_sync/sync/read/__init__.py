"""Reading files as records: parse, check, and cache in the workspace's memory."""
