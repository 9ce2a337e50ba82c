"""What an engine provides (a temp database and the application beside it), and the three that provide it."""
