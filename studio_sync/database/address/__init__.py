"""Database addresses: parsing URLs and parameters, hosts, environment variables."""
