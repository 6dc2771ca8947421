import { Binder } from '../../sql/params.ts'

/** Gives a value the same placeholder wherever it comes up, so that expressions that mean the same read the same. */
export class SharedBinder extends Binder {
  readonly #known = new Map<string, string>()

  override bind(type: Parameters<Binder['bind']>[0], value: unknown): string {
    const key = `${type} ${JSON.stringify(value)}`
    const known = this.#known.get(key) ?? super.bind(type, value)
    this.#known.set(key, known)
    return known
  }
}
