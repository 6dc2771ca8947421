import { maskText } from '@espalier/core/consent'
import { type DestinationStream, type Logger, pino } from 'pino'

/**
 * Structured logs on standard error: standard output belongs to the command. Headers and bodies are never logged, so no key
 * can be; what could still hold one is redacted by name. What an engine says of a row it cannot read may quote it: addresses and
 * numbers of people are hidden in the words of errors.
 */
export function createLog(level: string, to: DestinationStream = pino.destination({ fd: 2, sync: false })): Logger {
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
        err: (error: Error) => masked(pino.stdSerializers.err(error)),
        req: (request: { method: string; url: string; id: string }) => ({
          id: request.id,
          method: request.method,
          // A query may hold a link or somebody's identifier; where the id of a key belongs some write the key.
          path: request.url.split('?')[0]?.replace(/\/v1\/(profiles|keys)\/.*/, '/v1/$1/…'),
        }),
      },
    },
    to,
  )
}

/** Every text in a serialized error, its causes' too. */
function masked<T>(value: T): T {
  if (typeof value === 'string') return maskText(value) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, masked(part)])) as T
}
