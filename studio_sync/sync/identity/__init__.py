"""Identity of files: doubtful ids, adoption of ids, and rows that moved to other clients."""
