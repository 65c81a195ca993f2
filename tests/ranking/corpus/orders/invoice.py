from orders.order import Order


def render_invoice(order: Order, tax_percent=19):
    """A plain text bill with taxes, one line an article."""
    out = [f"Invoice for {order.customer}"]
    for line in order.lines:
        out.append(f"{line.quantity:4} {line.article:30} {line.price_cents / 100:10.2f}")
    net = order.total_cents()
    out.append(f"net {net / 100:.2f}  VAT {net * tax_percent / 10000:.2f}")
    return "\n".join(out)
