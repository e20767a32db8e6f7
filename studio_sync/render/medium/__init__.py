"""Media: terminal colours and progress, Markdown pages, wording."""
