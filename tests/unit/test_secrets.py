"""Passwords are masked wherever they stand."""

from __future__ import annotations

import pytest

from migrations_tools.secrets import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://shop:pa55@db:5432/shop", "postgresql://shop:***@db:5432/shop"),
        ("postgresql+asyncpg://shop:pa55@db/shop?ssl=a@b", "postgresql+asyncpg://shop:***@db/shop?ssl=a@b"),
        ("redis://:pa55@redis:6379/0", "redis://:***@redis:6379/0"),
        ("a p@ss in postgresql://shop:p@s@s@db/shop", "a p@ss in postgresql://shop:***@db/shop"),
        ("postgresql://shop:pa/55#?@db/shop", "postgresql://shop:***@db/shop"),
        (
            "'postgresql://a:x@db/a', \"postgresql://b:y@db/b\"",
            "'postgresql://a:***@db/a', \"postgresql://b:***@db/b\"",
        ),
        ("postgresql://shop@db/shop and http://api:8000/@me", "postgresql://shop@db/shop and http://api:8000/@me"),
        ("host=db password=pa55 dbname=shop", "host=db password=*** dbname=shop"),
        ("host=db password='pa 55' dbname=shop", "host=db password=*** dbname=shop"),
        ("POSTGRES_PASSWORD=pa55", "POSTGRES_PASSWORD=***"),
        ("PGPASSWORD: pa55", "PGPASSWORD: ***"),
        ("{'host': 'db', 'password': 'pa55', 'port': 5432}", "{'host': 'db', 'password': ***, 'port': 5432}"),
        ('{"password": "pa55"}', '{"password": ***}'),
        (
            "postgresql://db/shop?user=a&password=pa55&sslmode=off",
            "postgresql://db/shop?user=a&password=***&sslmode=off",
        ),
        ("SECRET_KEY=abc API_KEY=def", "SECRET_KEY=*** API_KEY=***"),
        (
            'FATAL: password authentication failed for user "shop"',
            'FATAL: password authentication failed for user "shop"',
        ),
        ("Enter a password", "Enter a password"),
        ("", ""),
    ],
)
def test_what_stands_for_a_password_is_masked_and_the_rest_stays(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(shown) == shown
