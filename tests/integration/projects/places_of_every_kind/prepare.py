"""Write env.py in the encoding that its first line names; nothing is imported beside these modules."""

PATH = "app/db/schema/env.py"
with open(PATH, encoding="utf-8") as file:  # noqa: PTH123 - pathlib imports `types`
    text = file.read()
with open(PATH, "w", encoding="latin-1") as file:  # noqa: PTH123 - the same
    file.write(text)
