from sqlalchemy import MetaData

# env.py imports this, and no module that holds a table.
metadata = MetaData()
