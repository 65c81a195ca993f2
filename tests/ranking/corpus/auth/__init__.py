"""Signing people in."""
from auth.password import hash_password, verify_password
from auth.session import SessionStore
from auth.tokens import issue_token, revoke_token

__all__ = ["hash_password", "verify_password", "SessionStore", "issue_token", "revoke_token"]
