"""What a plug-in adds to the models."""

from sqlalchemy import Column, Integer, Table

from shop.models import metadata

parcels = Table("parcels", metadata, Column("id", Integer, primary_key=True))
