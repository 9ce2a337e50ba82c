"""Secrets are neither printed nor stored: passwords in URLs are masked wherever text goes out."""

from __future__ import annotations

import re

_URL_PASSWORD = re.compile(r"(?P<head>[a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@'\"]*:)(?P<password>[^\s@'\"]+)(?=@)")
_KEY_PASSWORD = re.compile(r"(?P<head>\bpassword\s*=\s*)(?P<password>'[^']*'|[^\s'\",)]+)", re.IGNORECASE)


def masked(text: str) -> str:
    """Give the text with the passwords of URLs and of `password=…` replaced by asterisks."""
    return _KEY_PASSWORD.sub(r"\g<head>***", _URL_PASSWORD.sub(r"\g<head>***", text))
