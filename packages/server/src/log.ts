import { type Logger, pino } from 'pino'

/**
 * Structured logs on standard error: standard output belongs to the command. Headers and bodies are never logged, so no key
 * can be; what could still hold one is redacted by name.
 */
export function createLog(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: ['authorization', '*.authorization', 'writeKey', '*.writeKey', 'secretKey', '*.secretKey', 'adminKey'],
        censor: '[secret]',
      },
      serializers: {
        req: (request: { method: string; url: string; id: string }) => ({
          id: request.id,
          method: request.method,
          // A query may hold a link or somebody's identifier.
          path: request.url.split('?')[0]?.replace(/\/v1\/profiles\/.*/, '/v1/profiles/…'),
        }),
      },
    },
    pino.destination({ fd: 2, sync: false }),
  )
}
