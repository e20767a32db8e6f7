"""Editor extensions: packaging and installing the one for VS Code."""
