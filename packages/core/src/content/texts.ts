import type { Json } from '../json.ts'
import type { Content } from './compile.ts'

/** Contents as JSON. What is the same for everybody is written once, when it is first shown. */
export class ContentTexts {
  /** Undefined: not shown yet. */
  readonly #constants: Map<Json, string | undefined>

  constructor(contents: Iterable<Content>) {
    this.#constants = new Map()
    for (const { constant } of contents) {
      // Values without members are told apart by what they are, and written as fast as they are found.
      if (typeof constant?.content === 'object') this.#constants.set(constant.content, undefined)
    }
  }

  /** Whether the content is an object or a list that is the same for everybody. */
  isConstant(content: Json): content is Json & object {
    return this.#constants.has(content)
  }

  /** What `fill` gave for the content, as JSON. */
  json(content: Json): string {
    const known = this.#constants.get(content)
    if (known !== undefined) return known
    const text = JSON.stringify(content)
    if (this.#constants.has(content)) this.#constants.set(content, text)
    return text
  }
}
