"""Access by client: grants, row-level security policies, and what a role may see."""
