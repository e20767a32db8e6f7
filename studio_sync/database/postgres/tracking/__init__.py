"""Changes of others in the ten tables, entered by triggers as they happen where the owner wants that."""
