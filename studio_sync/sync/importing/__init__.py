"""`studio import`: converts Markdown of other tools to clients, programs, chapters and sessions."""
