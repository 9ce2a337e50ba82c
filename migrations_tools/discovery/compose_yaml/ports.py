"""Ports: from Compose's short form to its long form (https://docs.docker.com/reference/compose-file/services/#ports)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from migrations_tools.discovery.compose_yaml.failing import fail

_SHORT = re.compile(
    r"(?:(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<four>[0-9.]+)):(?=[^:]*:))?"
    r"(?:(?P<published>[\d-]*):|::)?(?P<target>\d+(?:-\d+)?)(?:/(?P<protocol>[A-Za-z]+))?"
)
_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})
_LONG = ("name", "host_ip", "published", "protocol", "app_protocol", "mode")
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")
_HIGHEST = 65535
_ANY = "0.0.0.0"  # noqa: S104 - the address that is meant where none is given


def long_form(value: Any, place: str) -> list[dict[str, Any]]:
    """Return a list of ports in the long form; a range of targets becomes one port each.

    Raises CannotProceed for what is no port.
    """
    if not isinstance(value, list):
        fail(place, "a list of ports belongs here.")
    return once([port for number, each in enumerate(value) for port in _ports(each, f"{place}[{number}]")])


def once(ports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep one of the ports that are the same, the last, where the first stood."""
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for port in ports:
        kept[port.get("host_ip", _ANY), port.get("published"), port["target"], port["protocol"]] = port
    return list(kept.values())


def _ports(value: Any, place: str) -> Iterator[dict[str, Any]]:
    if isinstance(value, Mapping):
        yield _long(value, place)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        yield from _short(str(value), place)
    else:
        fail(place, "a port is a number, a text such as 8000:80, or a map with a target.")


def _long(value: Mapping[str, Any], place: str) -> dict[str, Any]:
    target = str(value.get("target") or "")
    if not target.isdigit() or not int(target):
        fail(place, "a port needs a `target` that is a number.")
    texts = {key: str(value[key]) for key in _LONG if value.get(key) not in (None, "")}
    return {"mode": "ingress", "protocol": "tcp", **texts, "target": int(target)}


def _short(text: str, place: str) -> Iterator[dict[str, Any]]:
    match = _SHORT.fullmatch(text)
    protocol = (match["protocol"] or "tcp").lower() if match else ""
    if not match or protocol not in _PROTOCOLS:
        fail(place, f"{text!r} is no port such as 8000:80 or 127.0.0.1:8000:80/tcp.")
    targets = _numbers(match["target"], place)
    if not targets[0]:
        fail(place, f"{text!r} has no target port.")
    published = match["published"] or ""
    host_ip = _address(match["six"] or match["four"] or "", place)
    for target, own in zip(targets, _each(published, len(targets), place), strict=True):
        port = {"mode": "ingress", "host_ip": host_ip, "target": target, "published": own, "protocol": protocol}
        yield {key: each for key, each in port.items() if each != ""}


def _each(published: str, count: int, place: str) -> list[str]:
    """Return what is published for each target: a range of the same length is shared out, else the text stays."""
    numbers = _numbers(published, place) if published else range(0)
    if count == 1 or not published:
        return [published] * count
    if len(numbers) != count:
        fail(place, "the ranges of published and target ports differ in length.")
    return [str(number) for number in numbers]


def _numbers(text: str, place: str) -> range:
    match = _RANGE.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not first <= last <= _HIGHEST:
        fail(place, f"{text!r} is no port number or range.")
    return range(first, last + 1)


def _address(text: str, place: str) -> str:
    try:
        return str(ipaddress.ip_address(text)) if text else ""
    except ValueError:
        fail(place, f"{text!r} is no IP address.")
