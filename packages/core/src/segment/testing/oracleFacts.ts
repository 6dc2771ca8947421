import { deviceOf } from '../../event/device.ts'
import { compareEvents, type Event } from '../../event/event.ts'
import { originOf } from '../../event/origin.ts'
import type { Json, JsonObject } from '../../json.ts'

/** What somebody said, by name; what they took back is missing. */
export interface Facts {
  readonly trait: JsonObject
  readonly preference: JsonObject
  readonly feedback: JsonObject
  readonly subscription: JsonObject
  readonly consent: JsonObject
  readonly person: JsonObject
}

type Said = readonly (readonly [name: string, value: Json | undefined])[]

/**
 * What all that was received of somebody states, in its total order: the last statement of each name is left, and of more than
 * `most` names the last stated. What is said is said when it is received, whatever its clock shows.
 */
function stated(received: readonly Event[], most: number, read: (event: Event) => Said): JsonObject {
  const facts = new Map<string, Json>()
  for (const event of received) {
    for (const [name, value] of read(event)) {
      if (value === undefined || name === '' || name === '__proto__' || name.length > 200) continue
      // The last said comes last.
      facts.delete(name)
      facts.set(name, value)
    }
  }
  return Object.fromEntries([...facts].slice(-most).filter(([, value]) => value !== null))
}

const object = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}

const short = (said: Said): Said =>
  said.filter(([, value]) => (typeof value === 'string' ? value : JSON.stringify(value ?? null)).length <= 4096)

const traitsIn = ({ type, properties, context }: Event): Said =>
  short([...Object.entries(object(context.traits)), ...(type === 'identify' ? Object.entries(properties) : [])]).filter(
    ([name]) => name !== '$set_once',
  )

const onceIn = ({ type, properties }: Event): Said =>
  type === 'identify' ? short(Object.entries(object(properties.$set_once))) : []

/** What only this event says first for where nothing is, of what nothing says otherwise. */
const onceSaid = (received: readonly Event[], event: Event): Said =>
  onceIn(event).filter(([name]) => {
    const names = (said: Said) => said.some(([other]) => other === name)
    return !received.some(one => names(traitsIn(one))) && received.find(one => names(onceIn(one))) === event
  })

const isTrack = (event: Event, ...names: string[]) => event.type === 'track' && names.includes(event.name)

export function factsOf(received: readonly Event[]): Facts {
  return {
    trait: stated(received, 200, event => [...traitsIn(event), ...onceSaid(received, event)]),
    preference: stated(received, 100, event =>
      isTrack(event, 'Preferences Updated')
        ? Object.entries(event.properties).filter(([, value]) => JSON.stringify(value).length <= 4096)
        : [],
    ),
    feedback: stated(received, 100, answered),
    subscription: stated(received, 100, event => {
      if (!isTrack(event, 'Subscribed', 'Unsubscribed')) return []
      const { list, list_id, channel } = event.properties
      const named = [list, list_id, channel].find(one => typeof one === 'string' && one !== '') ?? 'email'
      return [[named as string, event.name.toLowerCase()]]
    }),
    consent: stated(received, 100, ({ context }) =>
      Object.entries(object(object(context.consent).categoryPreferences)).filter(
        ([, value]) => typeof value === 'boolean',
      ),
    ),
    person: personOf(received),
  }
}

function answered(event: Event): Said {
  if (!isTrack(event, 'Survey Answered', 'NPS Submitted', 'CSAT Submitted')) return []
  const { survey, score, answer } = event.properties
  const value = typeof score === 'number' ? score : answer
  if (event.name === 'NPS Submitted') return [['nps', value]]
  if (event.name === 'CSAT Submitted') return [['csat', value]]
  if (typeof survey !== 'string' || JSON.stringify(value ?? null).length > 4096) return []
  return [[survey, value]]
}

function personOf(received: readonly Event[]): JsonObject {
  const last = <T extends Json>(read: (event: Event) => T | undefined) =>
    received.map(read).findLast(value => value !== undefined)
  const text = (value: Json | undefined) =>
    typeof value === 'string' && value !== '' && value.length <= 100 ? value : undefined
  const touches = received.map(event => originOf(event)).filter(origin => origin !== undefined)
  const device = last(({ context }) => deviceOf(context) as JsonObject | undefined)
  const locale = last(({ context }) => text(context.locale))
  const timezone = last(({ context }) => text(context.timezone))
  return {
    ...(device !== undefined && { device }),
    ...(locale !== undefined && { locale }),
    ...(timezone !== undefined && { timezone }),
    acquisition: touches.length === 0 ? {} : ({ first: touches[0]!, last: touches.at(-1)! } as unknown as JsonObject),
    events: received.length,
    firstSeen: new Date(received[0]!.timestamp).toISOString(),
    lastSeen: new Date(received.at(-1)!.timestamp).toISOString(),
  }
}

/** Accounts somebody was grouped with: of more than 20 the last stated. */
export function accountsOf(received: readonly Event[]): string[] {
  const ids = new Set<string>()
  for (const { type, groupId } of received) {
    if (type !== 'group') continue
    ids.delete(groupId!)
    ids.add(groupId!)
  }
  return [...ids].slice(-20)
}

/** What all group calls of everybody, in any order, said of an account. */
export function accountTraits(received: readonly Event[], account: string): JsonObject {
  return stated([...received].sort(compareEvents), 200, ({ type, groupId, properties }) =>
    type === 'group' && groupId === account ? short(Object.entries(properties)) : [],
  )
}
