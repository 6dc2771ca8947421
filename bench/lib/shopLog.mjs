// A shop's log as a server would have shipped it, made by the warehouse's engine itself: ten million events in a minute.

const DAY = 86_400_000
/** Rows of one insert. */
const CHUNK = 500_000
/** How long the log is, and the days of it in which people come into the experience. */
const DAYS = 60
const ENTRY = { from: 30, days: 28 }

export const shop = {
  workspace: 'main',
  experience: 'spring',
  /** End of the log. */
  now: Date.UTC(2026, 10, 20, 12),
  variants: ['bold', 'calm', 'plain'],
  control: 0.1,
  /** Share of buyers that `bold` adds. */
  lift: 0.09,
}

const begin = shop.now - DAYS * DAY

/** One in ten has a second device, which was found to be theirs. */
const hasSecond = `cityHash64('second', p) % 10 = 0`

/** Columns of the person whose number is `p`. A UUIDv7 as core makes them: those who came together lie together. */
const person = people => ({
  profile: idOf(people, '0'),
  second: idOf(people, '1'),
  either: idOf(people, `(${hasSecond} AND i % 3 = 0)`),
  arm: `['', 'bold', 'calm', 'plain'][if(cityHash64('arm', p) % 10 = 0, 1, 2 + cityHash64('variant', p) % 3)]`,
  entered: `toInt64(${begin + ENTRY.from * DAY} + cityHash64('entered', p) % ${ENTRY.days * DAY})`,
})

function idOf(people, device) {
  const made = `bitShiftLeft(toUInt64(${begin - 90 * DAY} + intDiv(p * ${120 * DAY}, ${people})), 16)`
  const rest = `cityHash64('id', p, toUInt8(${device}))`
  const [high, low] = [
    `bitOr(${made}, bitOr(bitAnd(${rest}, 4095), 28672))`,
    `bitOr(bitAnd(${rest}, ${2n ** 62n - 1n}), ${2n ** 63n})`,
  ]
  // The engine keeps the halves of a UUID the other way round.
  return `toString(reinterpret(bitOr(toUInt128(${high}), bitShiftLeft(toUInt128(${low}), 64)), 'UUID'))`
}

/** Of a thousand events how many are of each name; seven in ten are browsing. */
const names = [
  ['Product Viewed', 320],
  ['page', 300],
  ['Product List Viewed', 80],
  ['Product Added', 90],
  ['Cart Viewed', 60],
  ['Products Searched', 45],
  ['Checkout Started', 40],
  ['Order Completed', 35],
  ['Email Opened', 15],
  ['Signed In', 10],
  ['Order Refunded', 3],
  ['Unsubscribed', 2],
]

/**
 * Fills an empty warehouse with `events` events of `exposed` people who came into the experience and a tenth as many who never did.
 *
 * @param {import('../../packages/warehouse/dist/client/database.js').Database} database migrated
 * @returns what was filled in: rows of each table
 */
export async function fillShop(database, { events, exposed, log }) {
  const people = Math.round(exposed * 1.1)
  const who = person(people)
  await inParts(exposed, (from, n) =>
    database.command(`INSERT INTO exposures
      SELECT '${shop.workspace}', profile, fromUnixTimestamp64Milli(entered + visit * (1 + toInt64(cityHash64('again', p, visit) % ${2 * DAY})), 'UTC'),
        concat('x', toString(p), '-', toString(visit)), concat('r', toString(p), '-', toString(visit)), 'home.hero', '${shop.experience}',
        1 + (p % 3 = 0), arm, arm = '', false, if(arm = '', ${shop.control}, ${(1 - shop.control) / shop.variants.length})
      FROM (SELECT number AS p, ${who.profile} AS profile, ${who.arm} AS arm, ${who.entered} AS entered FROM numbers(${from}, ${n}))
      ARRAY JOIN range(1 + (cityHash64('times', p) % 2)) AS visit`),
  )
  log(`${exposed.toLocaleString('en')} people are exposed`)
  await database.command(`INSERT INTO identity_links (workspace, source, canonical, at, cause, identifier, evidence, won, bucket_key, silent)
    SELECT '${shop.workspace}', ${who.second}, ${who.profile}, fromUnixTimestamp64Milli(toInt64(${begin}), 'UTC'),
      concat('merged m', toString(number)), concat('anonymousId:', toString(number)), concat('userId:', toString(number)), 'userId', '', false
    FROM (SELECT number, number AS p FROM numbers(${people})) WHERE ${hasSecond}`)
  await inParts(events, async (from, n) => {
    await database.command(eventsSql(who, people, from, n, events))
    if ((from / CHUNK) % 4 === 0 || from + n === events) log(`${(from + n).toLocaleString('en')} events are in the log`)
  })
}

async function inParts(total, insert) {
  for (let from = 0; from < total; from += CHUNK) await insert(from, Math.min(CHUNK, total - from))
}

/** In the order of time, as they would have come. */
function eventsSql(who, people, from, n, total) {
  let upTo = 0
  const bounds = names.map(([, share]) => (upTo += share))
  const name = `multiIf(${names.map(([one], at) => `roll < ${bounds[at]}, '${one}'`).join(', ')}, 'page')`
  const extra = `arm = 'bold' AND at >= entered AND roll >= 620 AND cityHash64('lift', i) % 1000 < 9`
  const price = `round(5 + 40 * -log(1 - (cityHash64('price', i) % 99991) / 99991), 2)`
  const product = `concat('"product_id":"sku-', toString(item), '","name":"Trail Shoe ', toString(item), '","category":"', ['shoes', 'hats', 'coats', 'socks'][1 + item % 4], '"')`
  return `INSERT INTO events (workspace, profile, timestamp, received, index, message_id, type, name, user_id, anonymous_id, group_id, session_id, revenue, currency, properties, context, definitions)
    SELECT '${shop.workspace}', ${who.either}, fromUnixTimestamp64Milli(at, 'UTC'), fromUnixTimestamp64Milli(at + 900, 'UTC'), 0,
      toString(reinterpret(sipHash128(i), 'UUID')), if(name = 'page', 'page', 'track'), name,
      '', concat('anon-', toString(p)), '', concat('s', toString(p), '-', toString(intDiv(at, ${DAY}))),
      multiIf(name = 'Order Completed', amount, name = 'Order Refunded', -amount, NULL), if(name IN ('Order Completed', 'Order Refunded'), currency, ''),
      multiIf(
        name = 'page', concat('{"path":"/category/', toString(item % 40), '","title":"Category ', toString(item % 40), '","url":"https://shop.example/category/', toString(item % 40), '","referrer":"https://search.example/"}'),
        name IN ('Order Completed', 'Order Refunded', 'Checkout Started', 'Cart Viewed'), concat('{"order_id":"o', toString(i), '","products":[{', ${product}, ',"quantity":1,"price":', toString(amount), '}],"total":', toString(amount), ',"shipping":3.9,"currency":"', currency, '"}'),
        concat('{', ${product}, ',"price":', toString(amount), ',"position":', toString(item % 24), ',"list":"spring"}')),
      concat('{"page":{"path":"/p/', toString(item), '"},"library":{"name":"analytics.js","version":"4.1.0"},"locale":"en-GB","device":"', if(p % 3 = 0, 'phone', 'desktop'), '"}'), 1
    FROM (
      SELECT number AS i, cityHash64('who', i) % ${people} AS p, cityHash64('what', i) % 1000 AS roll, cityHash64('item', i) % 3000 AS item,
        toInt64(${begin} + intDiv(i * ${DAYS * DAY}, ${total})) AS at, ${who.arm} AS arm, ${who.entered} AS entered,
        ${price} AS amount, if(p % 20 = 7, 'GBP', 'EUR') AS currency,
        CAST(if(${extra}, 'Order Completed', ${name}), 'LowCardinality(String)') AS name
      FROM numbers(${from}, ${n})
    )`
}
