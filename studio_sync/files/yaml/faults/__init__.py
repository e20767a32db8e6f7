"""What is wrong with a text of YAML, and what to type instead."""
