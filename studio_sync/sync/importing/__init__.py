"""`studio import`: from somebody's Markdown to clients, programs, chapters and sessions."""
