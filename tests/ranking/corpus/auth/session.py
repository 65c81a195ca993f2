import time


class SessionStore:
    """Sessions of signed-in users; idle ones expire."""

    def __init__(self, database, idle_seconds=1800):
        self.database = database
        self.idle_seconds = idle_seconds

    def open(self, user_id):
        return self.database.insert("sessions", user=user_id, seen=time.time())

    def refresh(self, session_id):
        """Pushes the expiry of a session that is in use."""
        row = self.database.get("sessions", session_id)
        if time.time() - row["seen"] > self.idle_seconds:
            self.database.delete("sessions", session_id)
            raise KeyError("session expired")
        self.database.update("sessions", session_id, seen=time.time())

    def close(self, session_id):
        self.database.delete("sessions", session_id)
