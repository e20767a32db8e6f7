"""What git remembers: who wrote a line, where a branch began, how HEAD moved."""
