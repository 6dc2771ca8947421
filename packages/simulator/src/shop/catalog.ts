import type { Random } from '@espalier/core/random'

export interface Product {
  readonly id: string
  readonly title: string
  readonly category: string
  readonly brand: string
  /** In the shop's currency, with cents. */
  readonly price: number
}

export const CURRENCY = 'USD'

const CATEGORIES: readonly [name: string, nouns: readonly string[], price: number][] = [
  ['shoes', ['Runner', 'Boot', 'Loafer', 'Sandal'], 90],
  ['jackets', ['Parka', 'Blazer', 'Rain Jacket'], 140],
  ['shirts', ['Oxford Shirt', 'Tee', 'Polo'], 35],
  ['trousers', ['Chino', 'Jeans', 'Jogger'], 60],
  ['bags', ['Tote', 'Backpack', 'Weekender'], 80],
  ['accessories', ['Scarf', 'Belt', 'Cap', 'Socks'], 20],
  ['sport', ['Yoga Mat', 'Bottle', 'Training Shorts'], 30],
  ['home', ['Throw', 'Candle', 'Vase'], 40],
]
const BRANDS = ['Larch', 'Northfold', 'Mara', 'Stell', 'Ochre']
const COLOURS = ['Black', 'Sand', 'Olive', 'Navy', 'Rust', 'White']

/** `size` products over eight categories, cheapest first. */
export function catalogOf(world: Random, size = 240): Product[] {
  const rng = world.fork('catalog')
  const products = Array.from({ length: size }, (_, i): Product => {
    const [category, nouns, typical] = CATEGORIES[i % CATEGORIES.length]!
    const price = Math.max(5, Math.round(typical * Math.exp(0.35 * rng.normal()))) - 0.05
    const brand = rng.pick(BRANDS)
    return {
      id: `sku-${1000 + i}`,
      title: `${brand} ${rng.pick(nouns)} ${rng.pick(COLOURS)}`,
      category,
      brand,
      price: Math.round(price * 100) / 100,
    }
  })
  return products.sort((a, b) => a.price - b.price || (a.id < b.id ? -1 : 1))
}

/** The part of the catalog somebody shops in: 0 the cheapest third, 1 all, 2 the dearest third. */
export function shelfOf(catalog: readonly Product[], taste: 0 | 1 | 2): readonly Product[] {
  const third = Math.floor(catalog.length / 3)
  if (taste === 0) return catalog.slice(0, third)
  return taste === 1 ? catalog : catalog.slice(-third)
}
