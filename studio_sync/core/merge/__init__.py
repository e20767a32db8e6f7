"""Three-way merges of texts and JSON, and differences of two values."""
