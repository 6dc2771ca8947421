/** Whether somebody asks for something: work in the background gives way to them, and to nobody else. */
export class Demand {
  #requests = 0

  /** Somebody asked. */
  note(): void {
    this.#requests++
  }

  /** Tells how many asked since it was called last. */
  watch(): () => number {
    let before = this.#requests
    return () => {
      const since = this.#requests - before
      before = this.#requests
      return since
    }
  }
}
