import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { Reader, type Response } from 'mmdb-lib'
import { StartError } from '../problem.ts'
import type { Location } from './location.ts'

/**
 * A MaxMind database file that the operator brings (GeoLite2, DB-IP, IPinfo…), held in memory. Its records differ by who made
 * it; read is what `recordOf` knows. Throws `StartError`.
 */
export function openMmdb(path: string): (ip: string) => Location | undefined {
  let reader: Reader<Response>
  try {
    reader = new Reader(readFileSync(path))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StartError(`The place database ${path} cannot be read: ${reason}. It must be a file in MMDB format.`, {
      cause,
    })
  }
  const { ipVersion } = reader.metadata
  // Asked for an address of the other kind, a file of one kind answers something.
  return ip => (isIPv6(ip) && ipVersion === 4 ? undefined : locationOf(reader.get(ip)))
}

/** `country.iso_code` is MaxMind's and IPinfo's, `country_code` that of DB-IP's lite files. */
export function locationOf(found: unknown): Location | undefined {
  const record = objectOf(found)
  if (record === undefined) return undefined
  const country = textOf(objectOf(record.country)?.iso_code) ?? textOf(record.country_code) ?? textOf(record.country)
  if (country?.length !== 2) return undefined
  const subdivision = objectOf(Array.isArray(record.subdivisions) ? record.subdivisions[0] : undefined)
  const region = textOf(subdivision?.iso_code) ?? textOf(record.state1) ?? textOf(record.region)
  const city = textOf(objectOf(objectOf(record.city)?.names)?.en) ?? textOf(record.city)
  return {
    country,
    ...(region !== undefined && { region }),
    ...(city !== undefined && { city }),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}
