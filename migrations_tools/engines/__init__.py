"""Where the temp database and application live."""
