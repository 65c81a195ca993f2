import hashlib
import hmac
import secrets

ROUNDS = 600_000


def hash_password(password: str) -> str:
    """Derives a salted digest that is safe to store."""
    salt = secrets.token_bytes(16)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)
    return salt.hex() + "$" + digest.hex()


def verify_password(password: str, stored: str) -> bool:
    """Compares in constant time, so that timing tells nothing."""
    salt, _, digest = stored.partition("$")
    again = hashlib.pbkdf2_hmac("sha256", password.encode(), bytes.fromhex(salt), ROUNDS)
    return hmac.compare_digest(again.hex(), digest)
