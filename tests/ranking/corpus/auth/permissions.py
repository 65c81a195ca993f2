ROLES = {"customer": {"order"}, "courier": {"route"}, "admin": {"order", "route", "refund"}}


def allowed(user, action):
    """Whether a role of the user grants the action."""
    return any(action in ROLES.get(role, ()) for role in user["roles"])


def require(user, action):
    if not allowed(user, action):
        raise PermissionError(action)
