import { toValue } from 'liquidjs'
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

  write(characters: number): void {
    this.#written += characters
    if (this.#written > TEMPLATE_LIMITS.output) {
      throw new TemplateError(`it writes more than ${TEMPLATE_LIMITS.output} characters`)
    }
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
