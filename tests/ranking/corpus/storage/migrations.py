STEPS = [
    "CREATE TABLE sessions (id INTEGER PRIMARY KEY, user TEXT, seen REAL)",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, state TEXT)",
    "ALTER TABLE orders ADD COLUMN created REAL",
]


def migrate(database):
    """Brings the schema of the database to the newest version, step by step."""
    version = database.connection.execute("PRAGMA user_version").fetchone()[0]
    for number, step in enumerate(STEPS[version:], start=version + 1):
        with database.connection:
            database.connection.execute(step)
            database.connection.execute(f"PRAGMA user_version = {number}")
