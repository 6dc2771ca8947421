import { type JsonObject, objectOf } from '../json.ts'
import type { Profile } from '../profile/profile.ts'
import { countryCode } from './country.ts'

/** Where somebody is, as far as the law of the place asks. */
export interface Place {
  /** ISO 3166-1, two letters. */
  readonly country: string
  /** ISO 3166-2 without the country: `CA` of `US-CA`. */
  readonly region?: string
}

/** The place a context names: `location.country` and `location.region`, as codes, the country also by its English name. */
export function placeOf(context: JsonObject): Place | undefined {
  return readPlace(objectOf(context.location))
}

/** The place a person's own traits name: `address.country`, then `country`. */
export function placeOfTraits(traits: Profile['traits']): Place | undefined {
  const address = Object.hasOwn(traits, 'address') ? objectOf(traits.address!.value) : undefined
  const country = Object.hasOwn(traits, 'country') ? traits.country!.value : undefined
  return readPlace(address) ?? readPlace(country === undefined ? undefined : { country })
}

function readPlace(location: JsonObject | undefined): Place | undefined {
  if (typeof location?.country !== 'string') return undefined
  const country = countryCode(location.country)
  if (country === undefined) return undefined
  const region = typeof location.region === 'string' ? regionCode(location.region, country) : undefined
  return region === undefined ? { country } : { country, region }
}

/** `CA` and `US-CA` are codes; `California` is none and says nothing here. */
function regionCode(text: string, country: string): string | undefined {
  const upper = text.trim().toUpperCase()
  const code = upper.startsWith(`${country}-`) ? upper.slice(country.length + 1) : upper
  return /^[A-Z0-9]{1,3}$/.test(code) ? code : undefined
}
