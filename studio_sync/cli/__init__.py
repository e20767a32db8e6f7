"""The command line: a short module a command, one renderer, one error boundary."""
