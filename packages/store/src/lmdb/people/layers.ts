import type { Slice } from '../checkpoint/slice.ts'

/** In place of a value: the entry was taken away. */
export const GONE = Symbol('gone')
export type Gone = typeof GONE

/** About how many bytes the note of one takes. */
const GONE_BYTES = 200

/** How much memory the clean entries of all layers may take together. */
export class CacheBudget {
  readonly #half: number
  readonly #layers = new Set<Layers<unknown>>()
  #young = 0
  #old = 0
  /** Estimated bytes of what no checkpoint holds yet. */
  dirty = 0

  constructor(bytes: number) {
    this.#half = bytes / 2
  }

  /** Estimated bytes of clean entries. */
  get clean(): number {
    return this.#young + this.#old
  }

  join(layers: Layers<unknown>): void {
    this.#layers.add(layers)
  }

  /** A clean entry came in. When the young half is full it becomes the old half, and what nobody asked for is dropped. */
  add(bytes: number): void {
    this.#young += bytes
    if (this.#young <= this.#half) return
    for (const layers of this.#layers) layers.age()
    this.#old = this.#young
    this.#young = 0
  }
}

/**
 * A write-back cache over the checkpoint's table: entries changed since (dirty), those a running checkpoint writes
 * (frozen), and clean ones in two generations: an entry asked for moves to the young one, the old one is dropped whole.
 * Values are immutable, so a checkpoint's snapshot is just the map.
 */
export class Layers<V> {
  readonly #budget: CacheBudget
  readonly #load: (key: string) => V | undefined
  readonly #size: (value: V) => number
  #dirty = new Map<string, V | Gone>()
  #frozen: Map<string, V | Gone> | undefined
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  /** `load` reads the checkpoint; `size` estimates bytes. */
  constructor(budget: CacheBudget, load: (key: string) => V | undefined, size: (value: V) => number) {
    this.#budget = budget
    this.#load = load
    this.#size = size
    budget.join(this as Layers<unknown>)
  }

  get(key: string): V | undefined {
    const value = this.#dirty.get(key) ?? this.#frozen?.get(key) ?? this.#young.get(key) ?? this.#older(key)
    return value === GONE ? undefined : value
  }

  /** The same for who only looks: what the checkpoint holds is not kept in memory for it. */
  peek(key: string): V | undefined {
    const value = this.#dirty.get(key) ?? this.#frozen?.get(key) ?? this.#young.get(key) ?? this.#old.get(key)
    return value === GONE ? undefined : (value ?? this.#load(key))
  }

  set(key: string, value: V | Gone): void {
    const before = this.#dirty.get(key)
    this.#budget.dirty += this.#bytes(value) - (before === undefined ? 0 : this.#bytes(before))
    this.#dirty.set(key, value)
  }

  /** Entries the checkpoint's table does not have, or has differently. */
  *changed(): Generator<[string, V | Gone]> {
    yield* this.#dirty
    if (!this.#frozen) return
    for (const entry of this.#frozen) if (!this.#dirty.has(entry[0])) yield entry
  }

  /** What a checkpoint has to write; later changes are not part of it. */
  freeze(): ReadonlyMap<string, V | Gone> {
    this.#frozen = this.#dirty
    this.#dirty = new Map()
    return this.#frozen
  }

  /** The checkpoint holds the frozen entries: they become clean, a slice at a time. */
  async thaw(slice: Slice): Promise<void> {
    for (const [key, value] of this.#frozen ?? []) {
      const bytes = this.#bytes(value)
      this.#budget.dirty -= bytes
      if (value === GONE) {
        // What it was before may still be there.
        this.#young.delete(key)
        this.#old.delete(key)
      } else if (!this.#dirty.has(key)) {
        this.#young.set(key, value)
        this.#budget.add(bytes)
      }
      if (slice.isOver()) await slice.pause()
    }
    this.#frozen = undefined
  }

  /** The checkpoint failed: the frozen entries are changes again. */
  unfreeze(): void {
    for (const [key, value] of this.#frozen ?? []) {
      if (this.#dirty.has(key)) this.#budget.dirty -= this.#bytes(value)
      else this.#dirty.set(key, value)
    }
    this.#frozen = undefined
  }

  age(): void {
    this.#old = this.#young
    this.#young = new Map()
  }

  #bytes(value: V | Gone): number {
    return value === GONE ? GONE_BYTES : this.#size(value)
  }

  #older(key: string): V | undefined {
    const value = this.#old.get(key) ?? this.#load(key)
    if (value === undefined) return undefined
    this.#young.set(key, value)
    this.#budget.add(this.#size(value))
    return value
  }
}
