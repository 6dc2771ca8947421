import { hasher, inRange, type Range } from '../bucket/bucket.ts'
import type { Layer } from '../definition/experience.ts'

/** Who falls into an experience's part of its layer. The layer's draw has nothing to do with those within experiences. */
export function compileLayer({ key, from, to }: Layer): (bucketKey: string) => boolean {
  const point = hasher(`layer:${key}`)
  const range: Range = [from, to]
  return bucketKey => inRange(point(bucketKey), range)
}
