"""What people and machines are shown: the console, and the run's record."""

from __future__ import annotations
