"""What a project is made of: set, or else found, and an error that says which line to write when neither serves."""
