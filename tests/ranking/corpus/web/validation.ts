export function isEmail(text: string): boolean {
  return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text);
}

/** Collects what is wrong with the fields of a form, by field. */
export function validateAddress(form: Record<string, string>): Record<string, string> {
  const errors: Record<string, string> = {};
  if (!form.street) errors.street = "missing";
  if (!/^\d{5}$/.test(form.postcode ?? "")) errors.postcode = "five digits";
  if (!isEmail(form.email ?? "")) errors.email = "no address";
  return errors;
}
