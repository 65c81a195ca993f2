from auth.permissions import require


def refund(user, order, payments):
    """Gives the money back once; admins only."""
    require(user, "refund")
    if order.state == "refunded":
        return None
    order.state = "refunded"
    return payments.transfer(order.customer, order.total_cents())
