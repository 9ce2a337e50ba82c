"""What the routes share."""

from fastapi import HTTPException, status

# Lists show the newest entries; nobody scrolls further.
LIST_LIMIT = 100


def not_found(what: str) -> HTTPException:
    """Return the 404 for a thing that does not exist."""
    return HTTPException(status.HTTP_404_NOT_FOUND, f"{what} not found")
