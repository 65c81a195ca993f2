// The shopping cart of the web page.

export interface CartItem {
  sku: string;
  quantity: number;
  priceCents: number;
}

/** Adds up all items, with the discount in percent taken off. */
export function totalPrice(items: CartItem[], discountPercent = 0): number {
  const sum = items.reduce((total, item) => total + item.quantity * item.priceCents, 0);
  return Math.round(sum * (1 - discountPercent / 100));
}

export function removeItem(items: CartItem[], sku: string): CartItem[] {
  return items.filter((item) => item.sku !== sku);
}
