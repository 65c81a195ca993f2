from dataclasses import dataclass, field


@dataclass
class OrderLine:
    article: str
    quantity: int
    price_cents: int


@dataclass
class Order:
    customer: str
    lines: list = field(default_factory=list)
    state: str = "open"

    def total_cents(self):
        return sum(line.quantity * line.price_cents for line in self.lines)

    def cancel(self):
        """Only what has not left the house can be cancelled."""
        if self.state not in ("open", "paid"):
            raise ValueError("too late to cancel")
        self.state = "cancelled"
