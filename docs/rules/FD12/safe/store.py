def save(connection, users, email):
    connection.execute(insert(users).values(email=email))
