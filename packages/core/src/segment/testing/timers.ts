interface Timer {
  readonly due: number
  readonly id: string
}

/** For tests: who is due next, of many people. Timers that were set anew stay in the list until their turn. */
export class Timers {
  /** The next one is last. */
  readonly #timers: Timer[] = []
  readonly #due = new Map<string, number>()

  set(id: string, due: number | undefined): void {
    if (due === this.#due.get(id)) return
    if (due === undefined) {
      this.#due.delete(id)
      return
    }
    this.#due.set(id, due)
    let [low, high] = [0, this.#timers.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#timers[middle]!.due > due) low = middle + 1
      else high = middle
    }
    this.#timers.splice(low, 0, { due, id })
  }

  /** The next timer up to an instant. */
  next(to: number): Timer | undefined {
    for (;;) {
      const timer = this.#timers.at(-1)
      if (timer === undefined || timer.due > to) return undefined
      if (this.#due.get(timer.id) === timer.due) return timer
      this.#timers.pop()
    }
  }
}
