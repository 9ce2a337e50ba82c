raise ImportError("this is json.py of the project, and not the module of Python that others want")
