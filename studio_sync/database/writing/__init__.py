"""Steps of writing a plan that every store shares; none of them touches a database."""
