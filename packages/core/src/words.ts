/** `12,345`: whole numbers as people read them. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** `1 day`, `2 days`. */
export function many(n: number, one: string, more = `${one}s`): string {
  return `${whole(n)} ${Math.round(n) === 1 ? one : more}`
}

/** `95 %`: how sure an interval is, above 0 and below 1; never rounded to being certain. */
export function formatConfidence(confidence: number): string {
  const percent = 100 * confidence
  const rounded = Number(percent.toFixed(2))
  return `${rounded < 100 ? rounded : Number(percent.toPrecision(12))} %`
}
