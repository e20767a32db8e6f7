"""The file side: YAML and Markdown texts, the tree on disk, the workspace and its memory."""
