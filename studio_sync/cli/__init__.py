"""The command line: one short module for each command, one output, one error boundary."""
