import type { JsonObject } from '@espalier/core'
import type { CatalogItem } from '@espalier/store'

/** An item as contents show it. */
export function itemOf({ id, body }: CatalogItem): JsonObject {
  return { ...(body as JsonObject), id }
}
