const decimals = new Intl.NumberFormat('en-US', { maximumFractionDigits: 4, maximumSignificantDigits: 6 })
const cents = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

export function plainNumber(value: number): string {
  return decimals.format(value)
}

/** A time as people say it: of less than a day nobody wants four decimals. */
export function inDays(days: number): string {
  if (days < 1) return 'less than a day'
  const shown = plainNumber(Math.round(days * 10) / 10)
  return `${shown} ${shown === '1' ? 'day' : 'days'}`
}

/** 0.1234 as `12.34 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

/** 0.1234 as `+12.3 %`. */
export function signedPercent(share: number): string {
  return `${share >= 0 ? '+' : ''}${(share * 100).toFixed(1)} %`
}

export function money(value: number, currency: string): string {
  return `${cents.format(value)} ${currency}`.trimEnd()
}
