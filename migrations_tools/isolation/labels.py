"""Labels and variables by which other programs on the engine would act on the copy."""

from __future__ import annotations

import re
from collections.abc import Mapping

from migrations_tools.compose_tags import RESET, Override
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.plan_values import Part
from migrations_tools.isolation.resolved import Service, texts

# Proxies route the original's traffic to whatever carries these; schedulers, updaters and backup
# programs act on it.
_ACTED_UPON = re.compile(
    r"""(?: traefik | caddy(?:_\d+)? | ofelia | chadburn | autoheal | sablier | wud | diun
          | com\.centurylinklabs\.watchtower | io\.containers\.autoupdate | docker-volume-backup
          | com\.github\.(?:jrcs\.letsencrypt_)?nginx[-_]proxy[^.]* | swarm\.cronjob
        )(?:\.|$)""",
    re.VERBOSE | re.IGNORECASE,
)
# nginx-proxy's template leaves out containers whose VIRTUAL_HOST is empty.
_PROXY_VARIABLES = frozenset({"VIRTUAL_HOST", "VIRTUAL_HOST_MULTIPORTS", "LETSENCRYPT_HOST"})


def acted_upon(labels: Mapping[str, object]) -> list[str]:
    """Return the keys of `labels` that make another program act on the container."""
    return sorted(key for key in labels if _ACTED_UPON.match(key))


def label_part(service: Service, facts: PlanInputs) -> Part:
    """Mark the service as the copy's, and strip what other programs would act upon."""
    labels = texts(service.mapping("labels"))
    stripped = acted_upon(labels)
    deployed = acted_upon(service.mapping("deploy").get("labels") or {})
    changes = tuple(f"label {key} dropped" for key in dict.fromkeys((*stripped, *deployed)))
    part = Part({"labels": facts.label}, changes)
    if stripped:
        kept = {key: value for key, value in sorted(labels.items()) if key not in stripped}
        # Compose reads the labels of label_file into the others, of which `config` mostly shows no trace; here the
        # key is dropped, which Compose versions that do not know it let pass.
        part += Part({"labels": Override({**kept, **facts.label}), "label_file": RESET})
    if deployed:
        remaining = texts(service.mapping("deploy")["labels"])
        kept = {key: value for key, value in sorted(remaining.items()) if key not in deployed}
        part += Part({"deploy": {"labels": Override(kept)}})
    return part


def proxy_part(service: Service) -> Part:
    """Empty the variables by which a proxy finds the service; removing one would copy all others."""
    found = sorted(name for name in _PROXY_VARIABLES if service.environment.get(name))
    return (
        Part({"environment": dict.fromkeys(found, "")}, tuple(f"variable {name} emptied" for name in found))
        if found
        else Part()
    )
