"""The steps of the workflow, one a module: the only place where engines, probe, review and proofs meet."""
