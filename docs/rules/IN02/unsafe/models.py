from sqlalchemy import MetaData, Sequence

metadata = MetaData()
numbers = Sequence("numbers", start=1000, metadata=metadata)
