"""The record as one self-contained HTML page: no network, no build step, readable in light, dark and on paper."""

from __future__ import annotations

from migrations_tools.report.page.document import render

__all__ = ["render"]
