/**
 * A value as a cell of a CSV (RFC 4180): quoted where it must be, and empty where there is none. Text that a spreadsheet would take
 * for a formula gets an apostrophe; what is neither text nor a number is its JSON.
 */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? (/^[=+\-@\t\r]/.test(value) ? `'${value}` : value) : JSON.stringify(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
