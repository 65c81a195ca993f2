import base64
import hmac
import json
import time

SECRET = b"from the environment"


def issue_token(user_id, scopes, ttl=3600):
    """Signs a bearer token for API clients."""
    body = json.dumps({"sub": user_id, "scopes": scopes, "exp": time.time() + ttl}).encode()
    mac = hmac.new(SECRET, body, "sha256").digest()
    return base64.urlsafe_b64encode(body + mac).decode()


def revoke_token(token, denylist):
    denylist.add(token)
