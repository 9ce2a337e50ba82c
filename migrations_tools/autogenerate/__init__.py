"""From the models to a reviewed revision file."""
