"""Leads env.py to the temp database where its variables are not known: tries them, and looks where the address goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from migrations_tools.discovery.address_search import (
    Attempt,
    Destination,
    Look,
    attempts,
    candidates,
    parse_look,
    shape_of,
)
from migrations_tools.errors import CannotProceed, WrongDatabase
from migrations_tools.inapp.probe_client import Probe, ProbeError, Target
from migrations_tools.sandbox.local.sandbox import LocalSandbox
from migrations_tools.sandbox.local.unled import failed_before, missing_variables, not_led, with_ways
from migrations_tools.sandbox.protocol import targets
from migrations_tools.sandbox.revision_history import check_reach

_NONE: Mapping[str, str] = MappingProxyType({})
_OF_THE_CODE = ("NameError", "SyntaxError", "IndentationError", "ImportError")
_IN_VAIN = 3  # runs that end as the first one did
_MOST = 10  # runs of env.py


@dataclass(slots=True)
class VariableSearch:
    """What was tried so far, and the nearest to the goal that came of it."""

    first: Look
    tried: list[Attempt] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Return every variable that was given a sample."""
        return tuple(sorted({name for attempt in self.tried for name in attempt.shapes}))

    def furthest(self, last: Look) -> Look:
        """Return what came of the run that got what the last one says it lacks, and failed at something else."""
        lacking = set(last.missing)
        for attempt, look in zip(reversed(self.tried), reversed(self.looks), strict=True):
            if look.error and lacking and lacking <= set(attempt.shapes) and not lacking & set(look.missing):
                return look
        return last


def reach(local: LocalSandbox) -> None:
    """See that env.py leads to the temp database; where it does not, find what leads it there and note that.

    Nothing is opened anywhere else, but on a server whose address may be written in several ways: there the token alone
    has the last word. Raises WrongDatabase, ProbeError or CannotProceed with what was recognised and what was not.
    """
    goals = targets(local.project, local.session.journal.run.token)
    try:
        with local.open_probe() as probe:
            looks = [_first_look(probe, target, local.wanted()) for target in goals]
    except (WrongDatabase, ProbeError) as error:
        raise with_ways(error) from error
    if all(look.arrived for look in looks):
        return
    for target, look in zip(goals, looks, strict=True):
        if not look.arrived:
            _lead(local, target, look)
    with local.open_probe() as probe:
        check_reach(probe, goals)


def _doing(target: Target) -> str:
    return "checking where env.py leads" + (f" (section {target.section})" if target.section else "")


def _first_look(probe: Probe, target: Target, wanted: Mapping[str, Any]) -> Look:
    look = _ask(probe, target, wanted)
    if look.arrived:
        probe.ask(target.request("hello"), "reading the Alembic configuration")
    return look


def _lead(local: LocalSandbox, target: Target, look: Look) -> None:
    if look.error and (look.reached or look.error.get("module") or look.error["type"] in _OF_THE_CODE):
        raise ProbeError(look.error, _doing(target), local.advice())
    search = _search(local, target, look)
    if search.made or search.options:
        local.note_found(search.made, search.options)
        look = _look(local, target, local.wanted())
    if not look.arrived and (local.provider.is_reached_by_one_address or not look.led):
        raise _failure(local, target, search, look)


def _look(
    local: LocalSandbox,
    target: Target,
    only: Mapping[str, Any],
    more: Mapping[str, str] = _NONE,
    options: Mapping[str, str] = _NONE,
) -> Look:
    with local.open_probe(more=more) as probe:
        return _ask(probe, target, only, options)


def _ask(probe: Probe, target: Target, only: Mapping[str, Any], options: Mapping[str, str] = _NONE) -> Look:
    """Return what a run of env.py with no way to any other place comes to."""
    return parse_look(probe.ask(target.request("look", only=dict(only), options=dict(options)), _doing(target)))


def _search(local: LocalSandbox, target: Target, first: Look) -> VariableSearch:
    """Try what may lead env.py, until its whole address is led or nothing is left to try."""
    search, known = VariableSearch(first), first
    environment, excluded = local.environment(), local.given_names()
    while len(search.tried) < _MOST:
        attempt = _next(search, known, environment, excluded)
        if attempt is None:
            break
        samples = attempt.samples(environment)
        look = _look(local, target, {}, samples, attempt.option_sample())
        search.tried.append(attempt)
        search.looks.append(look)
        known = _added(known, look)
        if look.first and _keep(search, attempt, look.first, environment, local.wanted()):
            break
        lacking = [name for name in look.missing if not shape_of(name)]
        if lacking:
            raise missing_variables(local, lacking, look.fitting)
        if (
            first.error
            and [each.error and each.error["message"] for each in search.looks].count(first.error["message"])
            >= _IN_VAIN
        ):
            break
    return search


def _next(
    search: VariableSearch, known: Look, environment: Mapping[str, str], excluded: frozenset[str]
) -> Attempt | None:
    """Return the next attempt: not one that was made, and with no other scheme one that led anywhere."""
    if search.tried and known.error and search.tried[-1].shapes:
        shapes = candidates(known, environment, excluded, wide=False)
        again = replace(search.tried[-1], shapes={**search.tried[-1].shapes, **shapes})
        if search.looks[-1].missing and again.shapes != search.tried[-1].shapes:
            return again
    settled = [
        (attempt.shapes, attempt.kind, attempt.option)
        for attempt, look in zip(search.tried, search.looks, strict=True)
        if look.first
    ]
    for attempt in attempts(known, environment, excluded):
        if attempt not in search.tried and (attempt.shapes, attempt.kind, attempt.option) not in settled:
            return attempt
    return None


def _added(known: Look, look: Look) -> Look:
    """Return what is known of env.py by now: more is read once it has what it read first."""
    return Look(
        led=known.led,
        error=look.error,
        missing=tuple(dict.fromkeys([*known.missing, *look.missing])),
        read=tuple(dict.fromkeys([*known.read, *look.read])),
        options=known.options or look.options,
        drivers=known.drivers,
    )


def _keep(
    search: VariableSearch,
    attempt: Attempt,
    destination: Destination,
    environment: Mapping[str, str],
    wanted: Mapping[str, Any],
) -> bool:
    """Keep what an attempt came to where it led the address further than those before; return whether wholly."""
    made, options = attempt.made(destination, environment), attempt.option_made(destination)
    fixed = {
        part: value for part, value in attempt.fixed(destination).items() if value not in wanted.get(part, (value,))
    }
    if "host" in fixed or not (made or options):
        return False
    if not (search.made or search.options) or len(fixed) < len(search.fixed):
        search.made, search.options, search.fixed = made, options, fixed
    return not fixed


def _failure(
    local: LocalSandbox, target: Target, search: VariableSearch, last: Look
) -> CannotProceed | WrongDatabase | ProbeError:
    first = last.first or search.first.first
    last = search.furthest(last)
    missing = [name for name in last.missing if not shape_of(name)]
    if missing:
        return missing_variables(local, missing, last.fitting)
    if first is None and last.error:
        return failed_before(local, last, _doing(target))
    return not_led(local, first, search.names, search.made, search.fixed)
