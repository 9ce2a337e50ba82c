"""What is read from the name of a database's image."""

from __future__ import annotations

import pytest

from migrations_tools.images import Image, is_wish, of_service, switched, wished


@pytest.mark.parametrize(
    ("image", "major"),
    [
        ("postgres:15", 15),
        ("postgres:16.2-alpine3.19", 16),
        ("postgres:17rc1", 17),
        ("registry.example.com:5000/team/postgres:14-bookworm", 14),
        ("postgres:15@sha256:aaaa", 15),
        ("postgis/postgis:16-3.4", 16),
        ("pgrouting/pgrouting:16-3.4-3.6.1", 16),
        ("bitnami/postgresql:16.1.0-debian-11-r9", 16),
        ("supabase/postgres:15.1.0.147", 15),
        ("pgvector/pgvector:pg17", 17),
        ("pgvector/pgvector:0.8.0-pg16", 16),
        ("timescale/timescaledb:latest-pg16", 16),
        ("timescale/timescaledb-ha:pg16.2-ts2.14", 16),
        ("timescale/timescaledb:2.14.2", None),
        ("citusdata/citus:12.1", None),
        ("citusdata/citus:12.1.3-pg15", 15),
        ("postgres:latest", None),
        ("postgres", None),
        ("postgres:alpine", None),
        ("", None),
    ],
)
def test_the_major_version_is_read_from_the_tag_where_it_tells(image: str, major: int | None) -> None:
    assert of_service({"services": {"db": {"image": image}}}, "db").major == major


def test_a_service_without_an_image_tells_nothing() -> None:
    assert of_service({"services": {"db": {"build": {"context": "/x"}}}}, "db") == Image()
    assert of_service({}, "db") == Image()


@pytest.mark.parametrize(
    ("image", "extensions"),
    [
        ("postgis/postgis:16-3.4", ("postgis",)),
        ("pgvector/pgvector:pg17", ("vector",)),
        ("registry.example.com:5000/timescale/timescaledb-ha:pg16.2-ts2.14", ("timescaledb",)),
        ("pgrouting/pgrouting:16-3.4-3.6.1", ("postgis", "pgrouting")),
        ("citusdata/citus:12.1", ("citus",)),
        ("postgres:15", ()),
    ],
)
def test_the_extensions_are_those_that_the_image_is_taken_for(image: str, extensions: tuple[str, ...]) -> None:
    assert of_service({"services": {"db": {"image": image}}}, "db").extensions == extensions


@pytest.mark.parametrize(
    ("image", "other"),
    [
        ("postgres:15", "postgres:17"),
        ("postgres:15-alpine", "postgres:17-alpine"),
        ("postgres:15.4-alpine3.18", "postgres:17-alpine3.18"),
        ("postgres:18beta1-bookworm", "postgres:17-bookworm"),
        ("postgres:15@sha256:aaaa", "postgres:17"),
        ("postgres", "postgres:17"),
        ("postgres:latest", "postgres:17"),
        ("registry.example.com:5000/team/postgres:14-bookworm", "registry.example.com:5000/team/postgres:17-bookworm"),
        ("postgis/postgis:15-3.4", "postgis/postgis:17-3.4"),
        ("pgvector/pgvector:pg15", "pgvector/pgvector:pg17"),
        ("pgvector/pgvector:0.8.0-pg15-bookworm", "pgvector/pgvector:0.8.0-pg17-bookworm"),
        ("timescale/timescaledb-ha:pg16.2-ts2.14", "timescale/timescaledb-ha:pg17-ts2.14"),
        ("postgres:17.2-alpine@sha256:aaaa", "postgres:17.2-alpine@sha256:aaaa"),
        ("timescale/timescaledb:2.14.2", ""),
        ("citusdata/citus:12.1", ""),
        ("postgres:alpine", ""),
        ("team/database:15", ""),
    ],
)
def test_a_major_version_takes_the_place_of_the_one_in_the_tag(image: str, other: str) -> None:
    assert switched(image, "17") == other


@pytest.mark.parametrize("image", ["postgres:15", "team/database:15", ""])
def test_an_image_that_is_named_takes_the_place_of_any(image: str) -> None:
    assert switched(image, "pgvector/pgvector:pg17") == "pgvector/pgvector:pg17"


@pytest.mark.parametrize(
    ("wish", "readable"),
    [
        ("17", True),
        ("pgvector/pgvector:pg17", True),
        ("registry.example.com:5000/team/postgres@sha256:aaaa", True),
        ("17.2", False),
        ("latest", False),
        ("postgres", False),
        ("--privileged:1", False),
        ("a b:1", False),
        ("", False),
    ],
)
def test_a_wish_is_a_major_version_or_an_image_with_its_tag(wish: str, readable: bool) -> None:
    assert is_wish(wish) is readable


def test_what_is_wished_of_a_server_keeps_the_extensions_of_the_projects_image() -> None:
    own = Image(15, ("postgis",))
    assert wished(own, "17") == Image(17, ("postgis",))
    assert wished(own, "pgvector/pgvector:pg16") == Image(16, ("vector",))
    assert wished(own, "") == own
