"""What a medium can show: a terminal, a page of Markdown, plain words."""
