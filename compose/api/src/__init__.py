"""The API of Recyclic, a recycling shop."""
