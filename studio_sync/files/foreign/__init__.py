"""Trees of Markdown that other tools made: what stands in them, and how they say it."""
