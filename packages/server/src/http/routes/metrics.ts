import { route } from '../route.ts'

export const metricsRoute = route({
  method: 'GET',
  path: '/metrics',
  operationId: 'getPrometheusMetrics',
  access: 'anybody',
  tag: 'Operation',
  passesOverQuery: true,
  summary: 'Metrics for Prometheus',
  answer: { description: 'The text format.', type: 'text/plain' },
  async handle({ reply }, { metrics }) {
    reply.type(metrics.registry.contentType)
    return metrics.registry.metrics()
  },
})
