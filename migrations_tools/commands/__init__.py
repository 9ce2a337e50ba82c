"""One task's workflow a module: the only place where sandbox, trial, autogenerate, review and proofs meet."""
