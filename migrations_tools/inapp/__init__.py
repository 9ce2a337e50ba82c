"""What runs inside the application's own Python, and the client that talks to it."""
