"""Foreign trees: reading Markdown of other tools (Hugo, Jekyll, Docusaurus, Obsidian)."""
