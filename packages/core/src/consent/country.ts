/** The European Economic Area: the 27 of the EU, Iceland, Liechtenstein and Norway. */
const EU = 'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE'.split(' ')
const EEA = [...EU, 'IS', 'LI', 'NO']

/** Names that stand for several countries where a place is asked for. */
export const GROUPS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  // Registries assign addresses to the EU as such, too.
  ['EU', new Set([...EU, 'EU'])],
  ['EEA', new Set([...EEA, 'EU'])],
])

/** What people write beside the names that are in the standard. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  usa: 'US',
  'united states of america': 'US',
  uk: 'GB',
  'great britain': 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  'northern ireland': 'GB',
  'czech republic': 'CZ',
  holland: 'NL',
  'the netherlands': 'NL',
  turkey: 'TR',
  'ivory coast': 'CI',
  burma: 'MM',
  'korea, republic of': 'KR',
  'republic of korea': 'KR',
  'russian federation': 'RU',
  'viet nam': 'VN',
}

let byName: Map<string, string> | undefined

/** The two letters of ISO 3166-1 for a country named by them or in English; undefined where it is neither. */
export function countryCode(text: string): string | undefined {
  if (text.length === 2 && isCapital(text, 0) && isCapital(text, 1)) return text === 'UK' ? 'GB' : text
  const plain = text.trim()
  if (/^[A-Za-z]{2}$/.test(plain)) {
    const code = plain.toUpperCase()
    return code === 'UK' ? 'GB' : code
  }
  if (plain.length < 2 || plain.length > 60) return undefined
  byName ??= namesOfAll()
  return byName.get(plain.toLowerCase())
}

/** Every region Intl has an English name for. */
function namesOfAll(): Map<string, string> {
  const display = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  const names = new Map<string, string>()
  for (const first of LETTERS) {
    for (const second of LETTERS) {
      const name = display.of(first + second)
      // Codes that were withdrawn have their successor's name; the first is the one in use (DE before YD).
      if (name !== undefined && !names.has(name.toLowerCase())) names.set(name.toLowerCase(), first + second)
    }
  }
  for (const [name, code] of Object.entries(OTHER_NAMES)) names.set(name, code)
  return names
}

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

function isCapital(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0x41 && code <= 0x5a
}
