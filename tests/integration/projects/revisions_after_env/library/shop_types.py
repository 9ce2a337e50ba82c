from sqlalchemy import String

CODE = String(8)
