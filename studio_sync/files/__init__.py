"""The files side: YAML and Markdown, the tree on disk, git, the workspace and its memory."""
