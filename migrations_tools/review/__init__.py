"""The review: which operations may go into a file, and why the others may not."""

from __future__ import annotations
