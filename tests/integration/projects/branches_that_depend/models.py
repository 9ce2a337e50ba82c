from sqlalchemy import Column, Date, ForeignKey, Integer, MetaData, Table

metadata = MetaData()
Table("people", metadata, Column("id", Integer, primary_key=True))
Table(
    "visits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", Integer, ForeignKey("people.id", name="fk_visits_person")),
    Column("day", Date),
)
