def save(connection, users, email):
    statement = insert(users).values(email=email)
    connection.execute(statement.on_conflict_do_nothing(constraint="uq_users_email"))
