"""Sessions: who is signed in, and until when."""

import time

from auth.password import verify_password

SESSION_SECONDS = 3600


class Session:
    """One signed-in user."""

    def __init__(self, user, token):
        self.user = user
        self.token = token
        self.expires_at = time.time() + SESSION_SECONDS

    def is_expired(self):
        """True once the session can no longer be used."""
        return time.time() >= self.expires_at

    def refresh(self, renew_token):
        """Asks for a new token shortly before the old one expires."""
        if self.expires_at - time.time() < 60:
            self.token = renew_token(self.token)
            self.expires_at = time.time() + SESSION_SECONDS
        return self.token

    def close(self):
        """Signs the user out."""
        self.token = None
        self.expires_at = 0


def login(users, name, password, make_token):
    """Signs a user in; returns the session, or None if the password is wrong."""
    user = users.get(name)
    if user is None or not verify_password(password, user.password_hash):
        return None
    return Session(user, make_token(user))
