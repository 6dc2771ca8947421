import type { Random } from '@espalier/core/random'
import type { Item } from '../item.ts'
import type { Device } from '../people/devices.ts'
import type { Product } from '../shop/catalog.ts'
import { Recorder } from '../visit/recorder.ts'

/** A crawler's visit: many pages, quickly, and nothing else. */
export function* crawl(device: Device, catalog: readonly Product[], start: number, rng: Random): Generator<Item> {
  const record = new Recorder(device, rng, start, { referrer: '' })
  yield record.page('Home', '/', 'Home')
  for (let n = 5 + rng.poisson(15); n > 0; n--) {
    record.wait(0.2)
    const product = rng.pick(catalog)
    yield record.page('Product', `/products/${product.id}`, product.title)
  }
}
