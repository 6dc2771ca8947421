import { type Json, type JsonObject, objectOf } from '../json.ts'

export type DeviceType = 'mobile' | 'tablet' | 'desktop' | 'other'

export interface Device {
  readonly type: DeviceType
  readonly os?: string
  readonly model?: string
}

/**
 * The device an event came from; undefined where its context says nothing of it. `context.device.type` wins, then
 * `context.userAgentData.mobile`, then the user agent.
 */
export function deviceOf(context: JsonObject): Device | undefined {
  const device = objectOf(context.device)
  const agent = textOf(context.userAgent, 500)
  const stated = textOf(device?.type)
  if (stated === undefined && agent === undefined) return undefined
  const mobile = objectOf(context.userAgentData)?.mobile
  if (agent !== undefined && device === undefined && context.os === undefined) return ofAgent(agent, mobile === true)
  const model = textOf(device?.model)
  const os = textOf(objectOf(context.os)?.name) ?? (agent === undefined ? undefined : osOf(agent))
  const type = (stated && statedType(stated, model)) || agentType(agent, mobile)
  return { type, ...(os !== undefined && { os }), ...(model !== undefined && { model }) }
}

/** User agents are few and repeat; beyond so many all are read anew. */
const MAX_REMEMBERED = 5000
const remembered = { mobile: new Map<string, Device>(), other: new Map<string, Device>() }

/** What the user agent alone says: the same object each time. */
function ofAgent(agent: string, mobile: boolean): Device {
  const known = mobile ? remembered.mobile : remembered.other
  let device = known.get(agent)
  if (device === undefined) {
    const os = osOf(agent)
    device = { type: agentType(agent, mobile), ...(os !== undefined && { os }) }
    if (known.size >= MAX_REMEMBERED) known.clear()
    known.set(agent, device)
  }
  return device
}

/** Segment's mobile libraries state the system (`ios`, `android`) where others state the form. */
function statedType(stated: string, model = ''): DeviceType | undefined {
  const type = stated.toLowerCase()
  if (type === 'mobile' || type === 'tablet' || type === 'desktop' || type === 'other') return type
  if (type === 'phone' || type === 'smartphone') return 'mobile'
  if (type === 'ios' || type === 'android') return /ipad|tablet|\btab\b/i.test(model) ? 'tablet' : 'mobile'
  if (type === 'macos' || type === 'windows' || type === 'linux' || type === 'computer') return 'desktop'
  return undefined
}

const TABLET = /iPad|Tablet|PlayBook|Silk\/|Kindle/
const OTHER = /\bTV\b|SmartTV|HbbTV|AppleTV|Tizen|Web0S|PlayStation|Xbox|Nintendo|CrKey|Roku|Watch/
const DESKTOP = /Windows NT|Macintosh|X11|CrOS|Linux/

function agentType(agent: string | undefined, mobile: Json | undefined): DeviceType {
  if (agent === undefined) return 'other'
  if (OTHER.test(agent)) return 'other'
  if (TABLET.test(agent)) return 'tablet'
  if (agent.includes('Android')) return agent.includes('Mobile') || mobile === true ? 'mobile' : 'tablet'
  if (mobile === true || /iPhone|iPod|Mobi|Phone/.test(agent)) return 'mobile'
  return DESKTOP.test(agent) ? 'desktop' : 'other'
}

const SYSTEMS: readonly (readonly [part: string, os: string])[] = [
  ['Android', 'Android'],
  ['iPhone', 'iOS'],
  ['iPad', 'iOS'],
  ['iPod', 'iOS'],
  ['Windows', 'Windows'],
  ['Mac OS', 'macOS'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
]

function osOf(agent: string): string | undefined {
  return SYSTEMS.find(([part]) => agent.includes(part))?.[1]
}

function textOf(value: Json | undefined, limit = 200): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, limit) : undefined
}
