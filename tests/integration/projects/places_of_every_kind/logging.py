raise ImportError("this is logging.py of the project, and not the module of Python that others want")
