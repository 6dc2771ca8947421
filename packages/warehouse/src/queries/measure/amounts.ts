import { hotAmounts } from '../../schema/hot.ts'
import { numberAt } from '../../sql/json.ts'
import type { Binder } from '../../sql/params.ts'

/**
 * Amounts that metrics read out of properties: each property once a row, however many metrics want it, and only of events that one of
 * them wants it of. Reading JSON is
 * what costs most of a row; of some properties the amount is kept beside it.
 */
export class Amounts {
  readonly #binder: Binder
  readonly #events = new Map<string, Set<string>>()

  constructor(binder: Binder) {
    this.#binder = binder
  }

  /** Of a row `e` of events that has this name; without a property its money. Of rows of other names it is anything. */
  at(property: string | undefined, event: string): string {
    if (property === undefined) return 'e.revenue'
    const hot = hotAmounts.get(property)
    if (hot !== undefined) return `e.${hot.amount.name}`
    const events = this.#events.get(property) ?? new Set()
    this.#events.set(property, events.add(event))
    return `a${[...this.#events.keys()].indexOf(property)}`
  }

  get names(): string[] {
    return [...this.#events].map((_, index) => `a${index}`)
  }

  /** Once all metrics have asked. */
  get sql(): string[] {
    return [...this.#events].map(([property, events], index) => {
      const names = [...events].map(event => this.#binder.bind('String', event)).join(', ')
      return `if(e.name IN (${names}), ${numberAt('e.properties', property, this.#binder)}, NULL) AS a${index}`
    })
  }
}
