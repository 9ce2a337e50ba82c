"""`python -m migrations_tools` is `migrations-tools`."""

from migrations_tools.program import main

if __name__ == "__main__":
    main()
