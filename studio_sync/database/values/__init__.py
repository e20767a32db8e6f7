"""Values exchanged with a store, the same for every implementation."""
