"""Local web server: the board, and lessons as learners see them."""
