"""The three-way comparison, and plans made from it."""
