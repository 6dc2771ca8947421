import { Context, toValue } from 'liquidjs'
import { TemplateError } from './error.ts'
import { TEMPLATE_LIMITS } from './limits.ts'

/**
 * One rendering: what it may still use, and what its filters may know besides their arguments. It stands where Liquid keeps its
 * `renderLimit`, which is asked before each node for a time: here nodes are counted, so that the outcome is the same everywhere.
 */
export class Rendering {
  /** IANA zone in which times are shown. */
  readonly zone: string
  /** The template writes something as it is, so that what it captures may hold what is not escaped. */
  readonly isRaw: boolean
  /** Texts that are HTML already, which are not escaped once more: what was captured, and what `escape` has made. */
  readonly markup: Set<string>
  #steps = 0
  #written = 0
  /** Of lists, and of what `group_by` made of some. */
  readonly #elements = new WeakMap<object, number>()

  constructor(zone: string, isRaw = false, markup: Set<string> = new Set()) {
    this.zone = zone
    this.isRaw = isRaw
    this.markup = markup
  }

  check(): void {
    if (++this.#steps > TEMPLATE_LIMITS.steps) {
      throw new TemplateError(`it takes more than ${TEMPLATE_LIMITS.steps} steps: it loops too often`)
    }
  }

  /**
   * How many elements a list has with those of the lists in it, each as often as it is in there: lists may stand in lists many times,
   * so a short text makes one that nobody could go through. Objects are given, but for groups (`group`).
   */
  elementsIn(value: unknown): number {
    if (typeof value !== 'object' || value === null) return 0
    const known = this.#elements.get(value)
    if (known !== undefined) return known
    if (!Array.isArray(value)) return 0
    let count = value.length
    for (const element of value) count += this.elementsIn(element)
    this.#elements.set(value, count)
    return count
  }

  /** An object that a filter has made of elements of a list: it has as many as these. */
  group(made: object, items: unknown): void {
    this.#elements.set(made, this.elementsIn(items))
  }

  write(characters: number): void {
    this.#written += characters
    if (this.#written > TEMPLATE_LIMITS.output) {
      throw new TemplateError(`it writes more than ${TEMPLATE_LIMITS.output} characters`)
    }
  }
}

/** The values of a text, where looking at a list costs its elements: whatever looks then, a tag, a comparison or a filter. */
export class BoundedContext extends Context {
  override *_getFromScope(...args: Parameters<Context['_getFromScope']>): IterableIterator<unknown> {
    const value: unknown = yield super._getFromScope(...args)
    if (typeof value === 'object') this.memoryLimit.use((this.renderLimit as unknown as Rendering).elementsIn(value))
    return value
  }
}

/** Gathers what is written, as far as the rendering may go on. */
export class BoundedEmitter {
  readonly #rendering: Rendering
  buffer = ''

  constructor(rendering: Rendering) {
    this.#rendering = rendering
  }

  write(value: unknown): void {
    const text = textOf(value)
    this.#rendering.write(text.length)
    this.buffer += text
  }
}

/** How a value is written: nothing for null, lists without separators, objects as JSON. */
export function textOf(given: unknown): string {
  const value: unknown = toValue(given)
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TemplateError(`${value} is no number that can be shown`)
  }
  if (Array.isArray(value)) return value.map(textOf).join('')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
