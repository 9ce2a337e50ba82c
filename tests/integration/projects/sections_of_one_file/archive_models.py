from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
Table("archive_old", metadata, Column("id", Integer, primary_key=True))
Table("archive_new", metadata, Column("id", Integer, primary_key=True))  # no revision makes it
