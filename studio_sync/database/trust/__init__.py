"""Which hosts a workspace may lead to: what its user confirmed, and where that is kept."""
