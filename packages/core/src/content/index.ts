export { recentItems } from './recentItems.ts'
export type { ItemLookup } from './world.ts'
