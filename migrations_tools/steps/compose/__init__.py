"""The steps as the Compose engine takes them: a copy of the whole stack."""
