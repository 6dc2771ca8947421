/** Ten metrics as a shop would watch them: with CUPED, winsorizing, money in two currencies, refunds, delays and a quantile. */
export const shopMetrics = {
  buyers: { type: 'conversion', event: 'Order Completed', window: '14d', covariate: '28d' },
  revenue: {
    type: 'sum',
    event: 'Order Completed',
    property: 'total',
    currency: 'EUR',
    refund: { event: 'Order Refunded' },
    window: '14d',
    winsorize: 0.99,
    covariate: '28d',
  },
  orderValue: { type: 'mean', event: 'Order Completed', property: 'total', currency: 'EUR', covariate: '28d' },
  ordersABuyer: { type: 'count', event: 'Order Completed', per: 'buyer', window: '14d' },
  carts: { type: 'conversion', event: 'Product Added', window: '14d', covariate: '28d' },
  views: { type: 'count', event: 'Product Viewed', window: '14d', winsorize: 0.99, covariate: '28d' },
  checkouts: { type: 'conversion', event: 'Checkout Started', window: '14d', covariate: '28d' },
  largeOrders: { type: 'quantile', event: 'Order Completed', property: 'total', level: 0.9, window: '14d' },
  returning: { type: 'conversion', event: 'Product Viewed', delay: '7d', window: '7d' },
  unsubscribed: { type: 'conversion', event: 'Unsubscribed', window: '14d', direction: 'down', guardrail: true },
}
