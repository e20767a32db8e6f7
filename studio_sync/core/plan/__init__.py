"""Reconciling the three versions of a record (base, local, remote), and plans made from the result."""
