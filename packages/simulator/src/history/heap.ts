/** A binary heap: the entry with the smallest `at` first, among equals the one that came first. */
export class Heap<T> {
  readonly #entries: { at: number; order: number; value: T }[] = []
  #order = 0

  push(at: number, value: T): void {
    const entries = this.#entries
    const entry = { at, order: this.#order++, value }
    let i = entries.length
    entries.push(entry)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(entry, entries[parent]!)) break
      entries[i] = entries[parent]!
      i = parent
    }
    entries[i] = entry
  }

  /** When the first is due; Infinity where there is none. */
  get next(): number {
    return this.#entries[0]?.at ?? Number.POSITIVE_INFINITY
  }

  pop(): T | undefined {
    const entries = this.#entries
    const first = entries[0]
    const last = entries.pop()
    if (first === undefined || last === undefined) return undefined
    if (entries.length > 0) {
      let i = 0
      for (;;) {
        let child = 2 * i + 1
        if (child >= entries.length) break
        if (child + 1 < entries.length && before(entries[child + 1]!, entries[child]!)) child++
        if (!before(entries[child]!, last)) break
        entries[i] = entries[child]!
        i = child
      }
      entries[i] = last
    }
    return first.value
  }
}

function before(a: { at: number; order: number }, b: { at: number; order: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
