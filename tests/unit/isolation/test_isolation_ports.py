"""The one offset by which all ports of a copy are shifted."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from migrations_tools.isolation import IsolationPlan, NotIsolable, PlanInputs, plan
from migrations_tools.isolation.ports import HIGHEST, host_ports, smallest_offset
from migrations_tools.isolation.resolved import numbers

PORTS = st.integers(1, HIGHEST)
CLOSE = st.integers(8000, 8030)


def config(published: list[int]) -> dict[str, Any]:
    services = {
        f"s{index}": {"image": "nginx", "ports": [{"target": 80, "published": str(port), "protocol": "tcp"}]}
        for index, port in enumerate(published)
    }
    return {"name": "shop", "services": services}


def planned(published: list[int], busy: frozenset[int]) -> IsolationPlan | None:
    try:
        return plan(config(published), PlanInputs(project="shop", busy_ports=busy))
    except NotIsolable:
        return None


def ports_of(drawn: IsolationPlan) -> frozenset[int]:
    return host_ports(port for service in drawn.services for port in service.ports)


@given(st.sets(PORTS | CLOSE, min_size=1, max_size=12), st.frozensets(PORTS | CLOSE, max_size=40))
def test_planned_ports_meet_neither_the_original_nor_the_machine(published: set[int], busy: frozenset[int]) -> None:
    drawn = planned(sorted(published), busy)
    if drawn is not None:
        ports = ports_of(drawn)
        assert len(ports) == len(published)
        assert ports.isdisjoint(published | busy)
        assert max(ports) <= HIGHEST
        assert ports == {port + drawn.offset for port in published}


@given(st.sets(CLOSE, min_size=1, max_size=12), st.frozensets(CLOSE, max_size=12), st.randoms())
def test_the_order_of_services_does_not_change_the_offset(
    published: set[int], busy: frozenset[int], chance: random.Random
) -> None:
    shuffled = sorted(published)
    chance.shuffle(shuffled)
    first, second = planned(sorted(published), busy), planned(shuffled, busy)
    assert first is not None and second is not None
    assert (first.offset, ports_of(first)) == (second.offset, ports_of(second))


@given(st.sets(CLOSE, min_size=1), st.frozensets(CLOSE))
def test_no_smaller_offset_would_have_done(published: set[int], busy: frozenset[int]) -> None:
    taken = busy | published
    offset = smallest_offset(published, taken)
    assert offset is not None
    assert all(taken & {port + smaller for port in published} for smaller in range(1, offset))


@given(st.integers(1, HIGHEST), st.integers(0, 20))
def test_a_range_holds_both_its_ends(first: int, length: int) -> None:
    last = min(first + length, HIGHEST)
    assert list(numbers(f"{first}-{last}")) == list(range(first, last + 1))


def test_a_stack_without_ports_has_the_offset_one() -> None:
    assert smallest_offset([], frozenset()) == 1


def test_the_ports_of_a_service_that_is_left_out_still_belong_to_the_original() -> None:
    drawn = plan(config([8000, 8001]), PlanInputs(project="shop", exclude_services=frozenset({"s1"})))
    assert ports_of(drawn) == {8002}
