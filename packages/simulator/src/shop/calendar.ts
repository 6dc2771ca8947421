const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Visits by hour of the day (UTC) and by day of the week (Sunday first), each about 1 on average. */
const BY_HOUR = [
  0.5, 0.35, 0.3, 0.25, 0.25, 0.3, 0.45, 0.7, 0.9, 1.0, 1.1, 1.2, 1.3, 1.2, 1.1, 1.1, 1.2, 1.4, 1.6, 1.8, 1.9, 1.7, 1.3,
  0.8,
]
const BY_DAY = [1.25, 0.95, 0.85, 0.85, 0.9, 1.0, 1.2]

/** Every fourth week is a sale, from Thursday to Sunday. */
const SALE_WEEKS = 4

export function isSale(time: number): boolean {
  // 1970-01-01 was a Thursday, so weeks counted from it begin on Thursdays.
  const week = Math.floor(time / (7 * DAY))
  return week % SALE_WEEKS === 0 && Math.floor(time / DAY) % 7 < 4
}

/** How busy the shop is at a time, relative to an ordinary hour; `sale` is how much more a sale brings this kind of people. */
export function intensity(time: number, sale: number): number {
  const hour = Math.floor(time / HOUR) % 24
  const weekday = (Math.floor(time / DAY) + 4) % 7
  return BY_HOUR[hour]! * BY_DAY[weekday]! * (isSale(time) ? sale : 1)
}
