"""Write env.py in the encoding that its first line names; nothing is imported beside these modules."""

PATH = "app/db/schema/env.py"
with open(PATH, encoding="utf-8") as file:
    text = file.read()
with open(PATH, "w", encoding="latin-1") as file:
    file.write(text)
