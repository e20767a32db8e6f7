"""Trust in hosts: which servers a workspace may connect to, confirmed by its user."""
