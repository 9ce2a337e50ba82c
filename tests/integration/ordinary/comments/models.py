from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    __table_args__ = {"comment": "Those who log in"}

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(comment="where they are written to: 100%, 'always'")
    name: Mapped[str | None]


class Team(Base):
    __tablename__ = "teams"
    __table_args__ = {"comment": "Several users"}

    id: Mapped[int] = mapped_column(primary_key=True)
