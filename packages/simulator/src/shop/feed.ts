import type { JsonObject } from '@espalier/core'
import { CURRENCY, type Product } from './catalog.ts'

/** The catalog as POST /v1/catalog takes it. */
export function catalogItems(catalog: readonly Product[]): JsonObject[] {
  return catalog.map(({ id, title, category, brand, price }) => ({
    id,
    title,
    price,
    currency: CURRENCY,
    brand,
    categories: [category],
    url: `/products/${id}`,
  }))
}
