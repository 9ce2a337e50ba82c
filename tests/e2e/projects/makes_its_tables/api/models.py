from sqlalchemy import Column, Integer, MetaData, Table, Text

metadata = MetaData()
Table("notes", metadata, Column("id", Integer, primary_key=True), Column("body", Text))
