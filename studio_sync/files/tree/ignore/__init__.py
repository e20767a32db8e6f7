"""What is left out of the content folder."""
