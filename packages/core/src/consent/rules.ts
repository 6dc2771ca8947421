import type { Signal } from '../event/asked.ts'
import { GROUPS } from './country.ts'
import type { Place } from './place.ts'
import type { ConsentSettings, Rule } from './settings.ts'

/** What storing an event needs. */
export const ANALYTICS = 'analytics'
/** What deciding needs. */
export const PERSONALIZATION = 'personalization'
/** Purposes every workspace has. */
export const PURPOSES = [ANALYTICS, PERSONALIZATION, 'email', 'sms', 'push', 'ads', 'sale'] as const

/** Where nothing is done before somebody agreed, unless the workspace says otherwise. */
export const OPT_IN_REGIONS = ['EEA', 'GB', 'CH', 'BR'] as const
/** What reaches out to people or hands them on: asked for in those regions also where a workspace has no consent settings. */
export const OUTWARD_PURPOSES = ['email', 'sms', 'push', 'ads', 'sale'] as const
/** What a browser's signal refuses unless the workspace says otherwise. */
export const SIGNAL_PURPOSES = ['ads', 'sale'] as const

/** A workspace's consent settings made ready: everything that does not depend on the person or the request is done. */
export interface ConsentRules {
  /** The workspace has consent settings. */
  readonly isStated: boolean
  /** The names under which preferences count for a purpose, its own first. */
  readonly names: (purpose: string) => readonly string[]
  readonly refusedBy: (signal: Signal) => ReadonlySet<string>
  /** What holds for a purpose in a place where nobody has said anything, and whether a region says so. */
  readonly otherwise: (purpose: string, place: Place | undefined) => { readonly rule: Rule; readonly by: Otherwise }
  /** `otherwise` is opt-out wherever somebody is: of whom nothing was said, nothing needs to be known. */
  readonly letsSilencePass: (purpose: string) => boolean
}

/** Who says what holds where the person has said nothing: the region they are in, the purpose's own default, or the rest. */
export type Otherwise = 'region' | 'default'

/**
 * A workspace that says nothing of consent has no banner that could ask, so opening its gate by region would lose every event
 * from there: until it has consent settings, empty ones will do, only what is refused is refused, and outward purposes wait
 * for a yes.
 */
export function consentRules(stated?: ConsentSettings): ConsentRules {
  const settings = stated ?? {}
  const purposes = new Map((settings.purposes ?? []).map(purpose => [purpose.key, purpose]))
  const names = new Map([...purposes].map(([key, { categories = [] }]) => [key, [...new Set([key, ...categories])]]))
  const regions = settings.regions ?? Object.fromEntries(OPT_IN_REGIONS.map(code => [code, 'opt-in' as const]))
  const hasRegions = (purpose: string) => stated !== undefined || outward.has(purpose)
  const elsewhere = settings.elsewhere ?? 'opt-out'
  const unknown = settings.unknown ?? elsewhere
  const gpc = new Set<string>(settings.globalPrivacyControl ?? SIGNAL_PURPOSES)
  const dnt = new Set<string>(settings.doNotTrack ?? SIGNAL_PURPOSES)
  const plain = new Map<string, readonly string[]>(PURPOSES.map(purpose => [purpose, [purpose]]))
  return {
    isStated: stated !== undefined,
    names: purpose => names.get(purpose) ?? plain.get(purpose) ?? [purpose],
    refusedBy: signal => (signal === 'gpc' ? gpc : dnt),
    otherwise(purpose, place) {
      const own = purposes.get(purpose)
      const codes = place === undefined ? NOWHERE : codesOf(place)
      const named = ruleAt(own?.regions, codes)
      if (named !== undefined) return { rule: named, by: 'region' }
      if (own?.default !== undefined) return { rule: own.default, by: 'default' }
      const regional = hasRegions(purpose) ? ruleAt(regions, codes) : undefined
      if (regional !== undefined) return { rule: regional, by: 'region' }
      return { rule: place === undefined ? unknown : elsewhere, by: 'default' }
    },
    letsSilencePass(purpose) {
      const own = purposes.get(purpose)
      const regional = own?.default === undefined && hasRegions(purpose) ? Object.values(regions) : []
      const others = own?.default === undefined ? [elsewhere, unknown] : [own.default]
      return [...Object.values(own?.regions ?? {}), ...regional, ...others].every(rule => rule === 'opt-out')
    },
  }
}

const outward = new Set<string>(OUTWARD_PURPOSES)
const NOWHERE: readonly string[] = []
/** There are no more than there are pairs of letters. */
const byCountry = new Map<string, readonly string[]>()

/** The names of a place, the narrowest first. */
function codesOf({ country, region }: Place): readonly string[] {
  let codes = byCountry.get(country)
  if (codes === undefined) {
    codes = [country, ...[...GROUPS].filter(([, countries]) => countries.has(country)).map(([name]) => name)]
    byCountry.set(country, codes)
  }
  return region === undefined ? codes : [`${country}-${region}`, ...codes]
}

function ruleAt(regions: Readonly<Record<string, Rule>> | undefined, codes: readonly string[]): Rule | undefined {
  if (regions === undefined) return undefined
  const code = codes.find(one => Object.hasOwn(regions, one))
  return code === undefined ? undefined : regions[code]
}
