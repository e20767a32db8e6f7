"""Vale, which looks at prose: what a workspace may tell it, and starting it."""
