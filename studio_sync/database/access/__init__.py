"""Access by client: grants, policies, and what a role may see."""
