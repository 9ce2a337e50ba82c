"""Scratch databases, and what is tried on them: revisions up, down and up, the models' own schema, dumps."""
