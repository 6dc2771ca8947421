/** Work of at most so long between two turns of the event loop. */
const SLICE_MS = 2
/** The clock is looked at after so many pieces. */
const PIECES = 16

/** Long work in small pieces, so that others have their turn: `if (slice.isOver()) await slice.pause()`. */
export class Slice {
  #began = performance.now()
  #pieces = 0

  isOver(): boolean {
    return ++this.#pieces % PIECES === 0 && performance.now() - this.#began >= SLICE_MS
  }

  async pause(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    this.#began = performance.now()
  }
}
