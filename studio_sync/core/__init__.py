"""The pure kernel: values, records, comparison and plans. No clock, no environment, no I/O."""
