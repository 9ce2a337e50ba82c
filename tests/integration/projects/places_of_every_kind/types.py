raise ImportError("this is types.py of the project, and not the module of Python that others want")
