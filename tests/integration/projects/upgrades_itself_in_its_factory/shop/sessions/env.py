"""Another history, in which nothing is to be done."""

print("the sessions are up to date")
