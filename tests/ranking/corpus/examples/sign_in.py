"""Example: hash a password, open a session."""
from auth import SessionStore, hash_password, verify_password

stored = hash_password("secret")
assert verify_password("secret", stored)
