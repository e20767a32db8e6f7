"""Values, records and kinds."""
