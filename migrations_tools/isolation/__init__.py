"""From a resolved Compose configuration to an isolated copy of it: plan, override, verification.

Everything here is pure: values in, values out. `plan` decides, `render` writes down, `violations` checks the
configuration that Compose makes of it, and `mismatches` the containers that were created.
"""

from __future__ import annotations

from migrations_tools.isolation.inputs import LABEL, PlanInputs
from migrations_tools.isolation.inspection import Created, mismatches, one_off_mismatches
from migrations_tools.isolation.invariants import violations
from migrations_tools.isolation.listen_address import LOOPBACK, is_loopback
from migrations_tools.isolation.mounts import host_paths
from migrations_tools.isolation.override import render
from migrations_tools.isolation.plan import plan
from migrations_tools.isolation.plan_values import (
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

__all__ = [
    "LABEL",
    "LOOPBACK",
    "Created",
    "IsolationPlan",
    "Mount",
    "NamedResource",
    "NotIsolable",
    "PlanInputs",
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
    "violations",
]
