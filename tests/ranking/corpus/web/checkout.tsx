import { Cart } from "./cart";

export function Checkout({ cart, onPay }: { cart: Cart; onPay: () => void }) {
  const empty = cart.totalCents() === 0;
  return (
    <form onSubmit={onPay}>
      <output>{(cart.totalCents() / 100).toFixed(2)}</output>
      <button disabled={empty}>Pay now</button>
    </form>
  );
}
