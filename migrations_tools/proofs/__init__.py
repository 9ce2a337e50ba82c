"""What a fresh install must show: one proof a function, each with its evidence."""

from __future__ import annotations
