def apply_voucher(order, voucher):
    """Takes a percentage or an amount off, never below zero."""
    total = order.total_cents()
    if voucher["kind"] == "percent":
        off = total * voucher["value"] // 100
    else:
        off = voucher["value"]
    return max(0, total - off)


def volume_discount(order):
    return 5 if sum(line.quantity for line in order.lines) >= 100 else 0
