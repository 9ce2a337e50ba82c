"""From a resolved Compose configuration to an isolated copy of it: plan, override, verification.

Everything here is pure: values in, values out. `plan` decides, `render` writes down, `violations` checks the
configuration that Compose makes of it, and `mismatches` the containers that were created.
"""

from __future__ import annotations

from .facts import LABEL, Facts
from .inspection import Created, mismatches, one_off_mismatches
from .invariants import violations
from .listening import LOOPBACK, is_loopback
from .model import (
    IsolationPlan,
    Mount,
    NamedResource,
    NotIsolable,
    PublishedPort,
    ServicePlan,
    as_json,
    bracketed,
    from_json,
)
from .mounts import host_paths
from .override import render
from .plan import plan
from .rendered import render_whole

__all__ = [
    "LABEL",
    "LOOPBACK",
    "Created",
    "Facts",
    "IsolationPlan",
    "Mount",
    "NamedResource",
    "NotIsolable",
    "PublishedPort",
    "ServicePlan",
    "as_json",
    "bracketed",
    "from_json",
    "host_paths",
    "is_loopback",
    "mismatches",
    "one_off_mismatches",
    "plan",
    "render",
    "render_whole",
    "violations",
]
