"""The rules, one family a module: condition, reason, way out."""
