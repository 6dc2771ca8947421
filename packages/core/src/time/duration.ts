const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

const SHAPE = /^([1-9][0-9]{0,5})([smhdw])$/

/** A duration in milliseconds: `30m`, `24h`, `7d`, `2w`. A day is 24 hours. Throws `RangeError` where it is none. */
export function durationMs(text: string): number {
  const match = SHAPE.exec(text)
  if (match === null) {
    throw new RangeError(`"${text}" is no duration: write a whole number and a unit, such as 30m, 24h, 7d or 2w`)
  }
  return Number(match[1]) * UNITS[match[2]!]!
}
