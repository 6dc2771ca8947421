import { identityRules } from '@espalier/core/identity'
import { planOfNeeds } from '@espalier/core/plan'
import { apply } from '@espalier/core/stream'

const NOW = Date.UTC(2026, 10, 1, 9)
const BATCH = 100

/** The stream alone, on people in memory: what identity costs the reducer. */
export function streamInMemory() {
  const [links, profiles] = [new Map(), new Map()]
  let ids = 0
  let messages = 0
  const people = {
    link: identifier => links.get(identifier),
    setLink: (identifier, source) => links.set(identifier, source),
    unlink: identifier => links.delete(identifier),
    profile: id => profiles.get(id),
    put: profile => profiles.set(profile.id, profile),
    remove: id => profiles.delete(id),
    seen: () => false,
    imported: () => false,
    buried: () => false,
  }
  const context = {
    workspace: 'bench',
    now: NOW,
    newId: () => `01900000-0000-7000-8000-${(++ids).toString(16).padStart(12, '0')}`,
    plan: planOfNeeds(0, []),
    identity: identityRules({ kinds: [{ kind: 'userId' }, { kind: 'email', limit: 400 }, { kind: 'anonymousId' }] }),
  }
  const event = ({ traits, ...who }) => ({
    kind: 'event',
    event: {
      type: traits ? 'identify' : 'track',
      name: traits ? 'identify' : 'Product Viewed',
      messageId: `m${++messages}`,
      ...who,
      properties: traits ?? { product_id: 'p1', price: 19.95 },
      context: { locale: 'en-US', page: { path: '/products/1' } },
      timestamp: NOW,
      received: NOW,
      index: 0,
    },
  })
  /** Microseconds of processor time of one event, and rows of links it wrote. */
  const take = items => {
    let links = 0
    const before = process.cpuUsage()
    for (let i = 0; i < items.length; i += BATCH) {
      const { rows } = apply(people, items.slice(i, i + BATCH).map(event), context)
      for (const { table } of rows) if (table === 'identity_links') links++
    }
    const { user, system } = process.cpuUsage(before)
    return { micros: (user + system) / items.length, links: links / items.length }
  }
  return { take, profiles }
}

/** What merging one visitor into a person of `size` sources costs, with ten events on either side. */
export function mergeInto(size, rounds) {
  const { take } = streamInMemory()
  const users = Array.from({ length: rounds }, (_, i) => `u${size}-${i}`)
  for (let n = 0; n < size; n += 1) {
    take(users.map(userId => ({ userId, ...(n === 0 ? {} : { anonymousId: `${userId}-${n}` }) })))
  }
  const visits = users.flatMap(userId => Array.from({ length: 10 }, () => ({ anonymousId: `${userId}-new` })))
  take(visits)
  return take(users.map(userId => ({ userId, anonymousId: `${userId}-new` })))
}

/** Visitors united by addresses one after the other, each merge with the result of the ones before. */
export function chain(length) {
  const { take, profiles } = streamInMemory()
  const visitor = i => ({ anonymousId: `v${i}` })
  take(Array.from({ length: length + 1 }, (_, i) => visitor(i)))
  const link = i => [visitor(i), visitor(i + 1)].map(who => ({ ...who, traits: { email: `e${i}@x.example` } }))
  const all = Array.from({ length }, (_, i) => link(i))
  const half = Math.floor(length / 2)
  const [first, second] = [take(all.slice(0, half).flat()), take(all.slice(half).flat())]
  const people = [...profiles.values()].filter(profile => !('mergedInto' in profile))
  return { first, second, most: Math.max(...people.map(({ sources }) => sources.length)) }
}

/** One device on which a new user logs in with every event, and a user on whom a new device appears with every event. */
export function storms(n) {
  const { take } = streamInMemory()
  return {
    plain: take(Array.from({ length: n }, (_, i) => ({ userId: `p${i % 1000}`, anonymousId: `p${i % 1000}` }))),
    users: take(Array.from({ length: n }, (_, i) => ({ userId: `s${i}`, anonymousId: 'one-device' }))),
    devices: take(Array.from({ length: n }, (_, i) => ({ userId: 'one-user', anonymousId: `s${i}` }))),
  }
}
