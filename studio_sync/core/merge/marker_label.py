"""The label of studio's own conflict markers; here alone: every read looks for it, and few need the rest."""

LABEL = "(studio)"
"""What each of studio's own markers contains."""
