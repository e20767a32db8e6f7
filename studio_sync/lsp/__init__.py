"""The language server (Language Server Protocol) for editors."""
