export interface CartItem { article: string; quantity: number; priceCents: number }

/** The shopping cart of one customer, kept in the browser. */
export class Cart {
  private items = new Map<string, CartItem>();

  add(item: CartItem): void {
    const old = this.items.get(item.article);
    this.items.set(item.article, { ...item, quantity: item.quantity + (old?.quantity ?? 0) });
  }

  remove(article: string): void { this.items.delete(article); }

  totalCents(): number {
    let sum = 0;
    for (const item of this.items.values()) sum += item.quantity * item.priceCents;
    return sum;
  }
}
