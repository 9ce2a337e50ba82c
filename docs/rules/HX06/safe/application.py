def start(engine, config):
    command.upgrade(config, "head")
