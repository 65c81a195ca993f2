import sqlite3


class Database:
    """A thin layer over SQLite: rows as dictionaries, everything in transactions."""

    def __init__(self, path):
        self.connection = sqlite3.connect(path)
        self.connection.row_factory = sqlite3.Row

    def insert(self, table, **values):
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        with self.connection:
            cursor = self.connection.execute(
                f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))
        return cursor.lastrowid

    def get(self, table, key):
        row = self.connection.execute(f"SELECT * FROM {table} WHERE id = ?", (key,)).fetchone()
        return dict(row)

    def delete(self, table, key):
        with self.connection:
            self.connection.execute(f"DELETE FROM {table} WHERE id = ?", (key,))
