"""From a text of YAML to events, nodes and values."""
