"""Plans: what a run would do, for people, pull requests and scripts."""
