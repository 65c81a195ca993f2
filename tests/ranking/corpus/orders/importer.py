import csv

from orders.order import Order, OrderLine


def read_csv(stream):
    """Reads orders that shops upload as spreadsheets; bad rows are reported, not fatal."""
    orders, errors = {}, []
    for number, row in enumerate(csv.DictReader(stream), start=2):
        try:
            line = OrderLine(row["article"], int(row["quantity"]), int(row["price"]))
        except (KeyError, ValueError) as error:
            errors.append((number, str(error)))
            continue
        orders.setdefault(row["customer"], Order(row["customer"])).lines.append(line)
    return list(orders.values()), errors
