"""Old sign-in with MD5; kept for accounts that were never migrated."""
import hashlib


def check_old_password(password, stored):
    return hashlib.md5(password.encode()).hexdigest() == stored
