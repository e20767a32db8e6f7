"""Files, database and base held against each other: which records differ, and how."""
