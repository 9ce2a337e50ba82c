"""SQL that is escaped for SQLAlchemy's text() comes out of it as it went in, with no bound parameter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from migrations_tools.inapp.probe.pieces import plain


@given(st.text(alphabet="a1:\\ {}'\"", max_size=12))
def test_what_is_escaped_means_the_same(statement: str) -> None:
    compiled = text(plain(statement)).compile(dialect=postgresql.dialect())
    assert (str(compiled), compiled.params) == (statement, {})
