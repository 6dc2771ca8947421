import type { Definition } from '../definition/index.ts'
import { formatPercent, type Verdict } from '../experiment/index.ts'
import type { Monthly } from './suggestion.ts'

/** `+12.0 % (+3.1 % to +20.9 %)`, as much of it as there is. */
export function liftText({ lift, interval }: Pick<Verdict, 'lift' | 'interval'>): string {
  if (lift === null) return 'unknown'
  return interval === null
    ? formatPercent(lift)
    : `${formatPercent(lift)} (${formatPercent(interval[0])} to ${formatPercent(interval[1])})`
}

/** `12 %`. */
export function share(fraction: number): string {
  const percent = 100 * fraction
  return `${percent >= 10 || percent === 0 ? percent.toFixed(0) : percent.toPrecision(2)} %`
}

/** `about 1,200 EUR a month`, and whether that is what is left of it. */
export function monthlyText({ value, unit, isNet }: Monthly): string {
  const digits = Math.abs(value) < 100 ? 1 : 0
  const number = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `about ${number} ${unit} a month${isNet ? ', net of goods, discounts and sends' : ''}`
}

/** How people call it. */
export function nameOf({ key, body }: Pick<Definition<'experience'>, 'key' | 'body'>): string {
  return body.name ?? key
}
