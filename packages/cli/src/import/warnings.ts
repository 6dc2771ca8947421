/** Most that are remembered, for the summary; all are counted. */
const SAMPLE = 5

/** What the server took otherwise than it may have been meant: such rows are taken in all the same. */
export class Warnings {
  readonly #sample: { row: number; reason: string }[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  add(row: number, reason: string): void {
    this.#count++
    if (this.#sample.length < SAMPLE) this.#sample.push({ row, reason })
  }

  /** The first few. */
  sample(): readonly { readonly row: number; readonly reason: string }[] {
    return this.#sample
  }
}
