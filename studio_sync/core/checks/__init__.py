"""Content checks, and how much their findings weigh."""
