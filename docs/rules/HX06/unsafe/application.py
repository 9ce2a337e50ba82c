def start(engine, metadata):
    metadata.create_all(engine)
