"""Vale, a linter for prose: restricting its settings, and running it."""
