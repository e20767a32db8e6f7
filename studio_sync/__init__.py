"""studio: git-style sync between a tree of Markdown/YAML files and PostgreSQL."""

__version__ = "0.1.0"
