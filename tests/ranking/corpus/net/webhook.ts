import { createHmac, timingSafeEqual } from "crypto";

/** Checks that a webhook was sent by the payment provider. */
export function verifySignature(body: string, header: string, secret: string): boolean {
  const expected = createHmac("sha256", secret).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(header, "hex"));
}

export async function deliver(url: string, event: object): Promise<void> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(event) });
  if (!response.ok) throw new Error(`webhook: ${response.status}`);
}
