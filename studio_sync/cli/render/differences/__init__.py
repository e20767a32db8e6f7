"""What differs between two sides of a record."""
