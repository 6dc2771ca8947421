import { closedLoop, connect } from './lib/load.mjs'
import { startProcess } from './lib/process.mjs'

const PEOPLE = 20_000
const CONNECTIONS = 16
/** Marks a person may get; as many experiences tell their number. */
const MARKS = 10

/** Does a decision see every event acknowledged before? See README.md. */
export async function bench({ full, log }) {
  const pairs = full ? 1_000_000 : 100_000
  const engine = await startProcess('engine')
  const admin = connect(engine.url, engine.secretKey, 1)
  await admin.post('/v1/definitions', JSON.stringify({ changes: definitions() }))
  const client = connect(engine.url, engine.writeKey, CONNECTIONS)

  const people = Array.from({ length: PEOPLE }, () => ({ flag: false, marks: 0, busy: false }))
  let [started, stale, sent] = [0, 0, 0]
  const examples = []
  const send = async () => {
    if (started >= pairs) return 0
    started++
    const i = idle(people)
    const person = people[i]
    person.busy = true
    const userId = `person-${i}`
    // Either a trait is stated anew, or something is done once more.
    if (person.marks < MARKS && Math.random() < 0.5) {
      person.marks++
      await client.post('/v1/track', JSON.stringify({ userId, event: 'Mark', messageId: `m${sent++}` }))
    } else {
      person.flag = !person.flag
      await client.post(
        '/v1/identify',
        JSON.stringify({ userId, traits: { flag: person.flag }, messageId: `m${sent++}` }),
      )
    }
    const { answers } = JSON.parse(
      await client.post('/v1/decide', JSON.stringify({ userId, touchpoints: ['flag', 'marks'] })),
    )
    const seen = {
      flag: answers.flag.experience === 'flag-is-on',
      marks: Number(answers.marks.experience?.slice(6) ?? 0),
    }
    if (seen.flag !== person.flag || seen.marks !== person.marks) {
      stale++
      if (examples.length < 5) examples.push({ userId, expected: { flag: person.flag, marks: person.marks }, seen })
    }
    person.busy = false
    return 1
  }
  const measured = await closedLoop({ connections: CONNECTIONS, seconds: 3600, send })
  log(`${measured.n} pairs, ${stale} stale`)
  await Promise.all([admin.close(), client.close()])
  await engine.stop()
  return {
    rate: measured.rate,
    p50Ms: measured.p50Ms,
    p99Ms: measured.p99Ms,
    ratio: stale / measured.n,
    reference: 'all pairs: the ratio is the share of stale answers, which must be 0',
    n: measured.n,
    stale,
    ...(examples.length > 0 && { examples }),
  }
}

function idle(people) {
  for (;;) {
    const i = Math.floor(Math.random() * people.length)
    if (!people[i].busy) return i
  }
}

/** The answers tell what the decision saw: the flag, and how many marks. */
function definitions() {
  const experience = (touchpoint, key, priority, audience) => ({
    kind: 'experience',
    key,
    body: {
      tactic: 'other',
      touchpoints: [touchpoint],
      priority,
      audience,
      control: 0,
      variants: [{ key: 'on', weight: 1, content: { [touchpoint]: key } }],
    },
  })
  return [
    ...['flag', 'marks'].map(key => ({ kind: 'touchpoint', key, body: { channel: 'api', default: 'none' } })),
    experience('flag', 'flag-is-on', 0, { trait: 'flag', is: true }),
    ...Array.from({ length: MARKS }, (_, i) =>
      experience('marks', `marks-${i + 1}`, i, { did: 'Mark', atLeast: i + 1, within: '1d' }),
    ),
  ]
}
