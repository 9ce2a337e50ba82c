from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.types import UserDefinedType

metadata = MetaData()


class ShortCode(UserDefinedType):
    """A domain that only a migration makes."""

    cache_ok = True

    def get_col_spec(self, **_options):
        return "short_code"


Table(
    "users", metadata, Column("id", Integer, primary_key=True), Column("code", ShortCode()), Column("name", String(80))
)
