import { type Random, random } from '@espalier/core/random'
import { type Person, personOf } from './people/person.ts'
import { catalogOf, type Product } from './shop/catalog.ts'

/** A shop and its people: the same seed, the same world. */
export interface World {
  readonly rng: Random
  /** How many people know the shop; more may come, with higher numbers. */
  readonly people: number
  readonly catalog: readonly Product[]
  person(index: number): Person
}

/** People kept at hand; making one anew takes some microseconds. */
const REMEMBERED = 50_000

export function createWorld({ seed, people }: { seed: string | number; people: number }): World {
  const rng = random(seed)
  const remembered = new Map<number, Person>()
  return {
    rng,
    people,
    catalog: catalogOf(rng),
    person(index) {
      let person = remembered.get(index)
      if (person === undefined) {
        person = personOf(rng, index)
        if (remembered.size >= REMEMBERED) remembered.clear()
        remembered.set(index, person)
      }
      return person
    },
  }
}
