"""YAML parser: from a text to events, nodes and values."""
