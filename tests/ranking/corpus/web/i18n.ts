const texts: Record<string, Record<string, string>> = {};

/** The text for a key in the customer's language, English if it is missing. */
export function translate(key: string, language: string): string {
  return texts[language]?.[key] ?? texts.en?.[key] ?? key;
}
