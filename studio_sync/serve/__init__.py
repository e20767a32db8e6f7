"""The workspace in a browser, on this machine: the board, and lessons as learners see them."""
