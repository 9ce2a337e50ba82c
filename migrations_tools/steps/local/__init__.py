"""The steps without containers: a database of our own, the project's own interpreter, the application as a process."""
