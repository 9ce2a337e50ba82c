"""The sandbox of the Compose engine: a copy of the whole stack."""
