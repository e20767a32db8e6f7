"""Which row a file is: ids that can't be meant, and rows that are somewhere else."""
