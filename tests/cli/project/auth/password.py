"""Password hashing with scrypt."""

import hashlib
import hmac
import os

SALT_BYTES = 16


def hash_password(password, salt=None):
    """Returns salt and hash of a password, for storing."""
    salt = salt or os.urandom(SALT_BYTES)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)
    return salt + digest


def verify_password(password, stored):
    """Compares in constant time."""
    salt = stored[:SALT_BYTES]
    return hmac.compare_digest(hash_password(password, salt), stored)
