"""Steps of writing that every store takes in the same way; none of them touches a database."""
