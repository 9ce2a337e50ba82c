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
        ("DB_PASS=pa55 DB_PWD=pa55", "DB_PASS=*** DB_PWD=***"),
        ("Server=db;Uid=shop;Pwd=pa55;", "Server=db;Uid=shop;Pwd=***;"),
        ("pwd=pa55&x=1", "pwd=***&x=1"),
        ("PWD=/home/me/shop", "PWD=/home/me/shop"),
        ("?token=abc&page=2", "?token=***&page=2"),
        ('{"token": "abc", "refresh_token": "def"}', '{"token": ***, "refresh_token": ***}'),
        ("GITHUB_TOKEN: ghp_abc", "GITHUB_TOKEN: ***"),
        ("SyntaxError: unexpected token: }", "SyntaxError: unexpected token: }"),
        ("https://maps/api?key=AIza55&zoom=3", "https://maps/api?key=***&zoom=3"),
        ("https://ghp_0123456789abcdef@github.com/me/shop", "https://***@github.com/me/shop"),
        ("https://me@github.com/me/shop", "https://me@github.com/me/shop"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ("'Authorization': 'Basic bWU6cGE1NQ=='", "'Authorization': 'Basic ***'"),
        ("{Authorization: 'Bearer ${API_TOKEN}'}", "{Authorization: 'Bearer ${API_TOKEN}'}"),
        ('WWW-Authenticate: Bearer realm="shop"', 'WWW-Authenticate: Bearer realm="shop"'),
        ("serve --password pa55 --port 80", "serve --password *** --port 80"),
        ("serve --db-password='pa 55' --port 80", "serve --db-password=*** --port 80"),
        ("['serve', '--token=pa55']", "['serve', '--token=***']"),
        ("error: --password is missing", "error: --password is missing"),
        ("CREATE ROLE me LOGIN PASSWORD 'it''s'", "CREATE ROLE me LOGIN PASSWORD '***'"),
        ("ALTER ROLE me ENCRYPTED PASSWORD $q$pa'55$q$", "ALTER ROLE me ENCRYPTED PASSWORD $q$***$q$"),
        (
            "'%' must be followed by '%' or '(', found: '%40ss@db/shop'",
            "'%' must be followed by '%' or '(', found: ***",
        ),
        ("the bypass: none", "the bypass: none"),
        ("", ""),
    ],
)
def test_what_stands_for_a_password_is_masked_and_the_rest_stays(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(shown) == shown
