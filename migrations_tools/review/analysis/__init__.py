"""What an operation or a difference means; knows no rule."""
