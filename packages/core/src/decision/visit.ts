import { placeOf } from '../consent/place.ts'
import { deviceOf } from '../event/device.ts'
import { originOf } from '../event/origin.ts'
import type { Json, JsonObject } from '../json.ts'

/**
 * What a visit is like, at one place of the context whatever client tells it, `{context: 'visit.device', is: 'mobile'}`: `device` (mobile, tablet, desktop, other), `os`, the `referrer`'s host,
 * `source`, `medium` and `campaign` that brought it, and `country`, `region` and `city`. What is not known is left out.
 */
export function visitOf(context: JsonObject): JsonObject {
  const device = deviceOf(context)
  const { source, medium, campaign, referrer } = originOf({ context }) ?? {}
  const host = referrer === undefined ? undefined : /^https?:\/\/([^/:?#]+)/.exec(referrer)?.[1]
  const { country, region } = placeOf(context) ?? {}
  const { city } = objectOf(context.location)
  const visit: Record<string, Json | undefined> = {
    device: device?.type,
    os: device?.os,
    referrer: host,
    source,
    medium,
    campaign,
    country,
    region,
    city,
  }
  return Object.fromEntries(Object.entries(visit).filter(([, value]) => value !== undefined)) as JsonObject
}

/** Whether a path into the context leads to what the visit was like, which is made of what the caller sent. */
export function isOfVisit(path: readonly string[]): boolean {
  return path[0] === 'visit'
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
