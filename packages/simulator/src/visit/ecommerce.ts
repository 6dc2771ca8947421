import type { JsonObject } from '@espalier/core'
import { CURRENCY, type Product } from '../shop/catalog.ts'

/** Objects of Segment's e-commerce spec. */

export function productOf({ id, title, category, brand, price }: Product): JsonObject {
  return { product_id: id, sku: id, name: title, category, brand, price }
}

export function cartOf(cartId: string, cart: readonly Product[]): JsonObject {
  return { cart_id: cartId, currency: CURRENCY, products: lines(cart) }
}

/** A cart as an order, with a share of its price given away. */
export function orderOf(cartId: string, cart: readonly Product[], discount: number): JsonObject {
  const subtotal = cents(cart.reduce((sum, product) => sum + product.price, 0))
  const given = cents(subtotal * discount)
  const total = cents(subtotal - given)
  return {
    order_id: cartId.replace('cart-', 'order-'),
    subtotal,
    discount: given,
    shipping: 0,
    tax: 0,
    total,
    revenue: total,
    currency: CURRENCY,
    products: lines(cart),
  }
}

export function refundOf(order: JsonObject): JsonObject {
  const { order_id, total, currency, products } = order
  return { order_id: order_id!, total: total!, revenue: total!, currency: currency!, products: products! }
}

function lines(cart: readonly Product[]): JsonObject[] {
  return cart.map((product, i) => ({ ...productOf(product), quantity: 1, position: i + 1 }))
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100
}
