/**
 * Draw periods divide time into equal lengths from the epoch on, so days are days of UTC. Within one a person's draw stands
 * still: its seed is bucket key, experience and period.
 */
export function periodOf(at: number, length: number): number {
  return Math.floor(at / length)
}

/** First instant of a period, epoch milliseconds. */
export function periodStart(period: number, length: number): number {
  return period * length
}

/** Length of a draw period whose policy names none, milliseconds: a day. */
export const DEFAULT_PERIOD = 86_400_000
