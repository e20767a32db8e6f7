"""Rendering of plans, for people, pull requests and scripts."""
