from sqlalchemy import ARRAY, Column, Enum, Integer, MetaData, Table

metadata = MetaData()
STATE = Enum("new", "lost", "done", name="job_state")
Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", STATE, server_default="new"),
    Column("past", ARRAY(STATE)),
)
