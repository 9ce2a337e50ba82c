"""A disposable PostgreSQL cluster: found binaries, a cached template, one process, and its exact removal."""

from __future__ import annotations

from migrations_tools.engines.cluster.binaries import Binaries, extensions, find_binaries, wheel_folders
from migrations_tools.engines.cluster.project_database import create_role_and_database
from migrations_tools.engines.cluster.server_lifecycle import is_running, make, remove, reopen, stop
from migrations_tools.engines.cluster.state import UNENCRYPTED, Cluster, ClusterState

__all__ = [
    "UNENCRYPTED",
    "Binaries",
    "Cluster",
    "ClusterState",
    "create_role_and_database",
    "extensions",
    "find_binaries",
    "is_running",
    "make",
    "remove",
    "reopen",
    "stop",
    "wheel_folders",
]
