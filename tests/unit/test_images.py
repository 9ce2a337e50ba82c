"""What is read from the name of a database's image."""

from __future__ import annotations

import pytest

from migrations_tools.discovery.images import Image, of_service


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
