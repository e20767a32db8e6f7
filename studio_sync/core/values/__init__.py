"""Values, records and kinds: the data model, with canonical forms and digests."""
