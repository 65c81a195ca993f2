from orders.order import Order, OrderLine


def test_cancelled_order_cannot_be_cancelled_again():
    order = Order("x", [OrderLine("a", 1, 100)], "sent")
    try:
        order.cancel()
    except ValueError:
        return
    raise AssertionError
