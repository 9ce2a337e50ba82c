"""The sandbox without containers: a database of our own, the project's interpreter, the application as a process."""
