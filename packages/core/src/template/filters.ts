import { filters as liquidFilters } from 'liquidjs'
import { formatDate } from './date.ts'
import { TemplateError } from './error.ts'
import { type Rendering, textOf } from './rendering.ts'

/** What a filter is called on: the parts of Liquid's own that are used here. */
interface FilterThis {
  readonly context: { readonly memoryLimit: { use(count: number): void }; readonly renderLimit: unknown }
}

export type Handler = (this: FilterThis, value: unknown, ...args: unknown[]) => unknown

/**
 * Liquid's filters that depend on their arguments alone and cost about as much as these are long. Left out: what asks the clock
 * or chance (`sample`, `date_to_…`), what is parsed while it runs (`…_exp`) and what nobody shows (`sha256`, `base64_…`).
 */
const KEPT = [
  'abs append array_to_sentence_string at_least at_most capitalize ceil compact concat default divided_by downcase escape',
  'escape_once find find_index first floor group_by has join json last lstrip map minus modulo newline_to_br',
  'normalize_whitespace number_of_words plus pop prepend push reject remove remove_first remove_last replace replace_first',
  'replace_last reverse round rstrip shift size slice slugify sort sort_natural squish strip strip_html strip_newlines',
  'times to_integer truncate truncatewords uniq unshift upcase url_decode url_encode where xml_escape',
]
  .join(' ')
  .split(' ')

/** Those of Liquid's that reckon. It does so in decimals: 0.1 and 0.2 make 0.3. */
const RECKONING = ['divided_by', 'minus', 'modulo', 'plus', 'times']

/** Our own: by zone and by currency, by whole characters, and in decimals all the way. */
const OWN: Readonly<Record<string, Handler>> = {
  *sum(value, property): Generator<unknown, number> {
    // Liquid's rounds nothing while it adds: 0.1, 0.2 and -0.3 are not quite 0 there.
    const members: unknown = property ? yield (liquidFilters.map as Handler).call(this, value, property) : value
    const amounts = (Array.isArray(members) ? members : [members]).map((member: unknown) => Number(member ?? 0))
    return amounts.reduce((total, n) => (Number.isNaN(n) ? total : Number(decimal(total + n))), 0)
  },
  split(value, separator) {
    const cut = liquidFilters.split as Handler
    // Liquid's cuts a character such as 😀 in two.
    return textOf(separator) === '' ? Array.from(textOf(value)) : cut.call(this, value, separator)
  },
  date(value, format, zone) {
    return formatDate(value, format, zone ?? (this.context.renderLimit as Rendering).zone)
  },
  money(value, currency, locale) {
    return typeof value === 'number' ? formatMoney(value, currency, locale) : value
  },
}

/** The filters that templates may use, by name. `raw` goes as Liquid has it: it is known by being itself. */
export const FILTERS: Readonly<Record<string, (typeof liquidFilters)[string]>> = {
  ...Object.fromEntries(KEPT.map(name => [name, charged(liquidFilters[name] as Handler) as never])),
  ...Object.fromEntries(RECKONING.map(name => [name, charged(inDecimals(liquidFilters[name] as Handler)) as never])),
  ...Object.fromEntries(Object.entries(OWN).map(([name, handler]) => [name, charged(handler) as never])),
  raw: liquidFilters.raw!,
}

/** Every filter pays for the length of what it works on, so that a loop of them ends, and makes no infinite number. */
export function charged(handler: Handler): Handler {
  return function (value, ...args) {
    this.context.memoryLimit.use(lengthOf(value))
    const result = handler.call(this, value, ...args)
    return isSteps(result) ? madeOf(result, this) : made(result, this)
  }
}

/** What a filter has made, looked at before anything is made of it. */
function made(result: unknown, filter: FilterThis): unknown {
  if (typeof result === 'number' && !Number.isFinite(result)) {
    throw new TemplateError(`${result} is no number that can be shown`)
  }
  if (Array.isArray(result)) chargeList(result, filter)
  return result
}

/** Also a list that nobody looks at by a name is paid for, with all the lists in it. */
function chargeList(list: readonly unknown[], { context }: FilterThis): void {
  context.memoryLimit.use((context.renderLimit as Rendering).elementsIn(list))
}

/** Filters that look into the members of a list answer step by step. */
function isSteps(result: unknown): result is Iterator<unknown> {
  return (
    typeof result === 'object' && result !== null && typeof (result as Partial<Iterator<unknown>>).next === 'function'
  )
}

function* madeOf(steps: Iterator<unknown>, filter: FilterThis): Generator<unknown, unknown> {
  const result: unknown = yield steps
  for (const one of Array.isArray(result) ? result : []) {
    const { name, items } = (one ?? {}) as { name?: unknown; items?: unknown }
    if (name !== undefined && Array.isArray(items))
      (filter.context.renderLimit as Rendering).group(one as object, items)
  }
  return made(result, filter)
}

function inDecimals(handler: Handler): Handler {
  return function (value, ...args) {
    return decimal(handler.call(this, value, ...args))
  }
}

/** What binary fractions add to a decimal is beyond its fifteenth digit. */
function decimal(result: unknown): unknown {
  return typeof result !== 'number' || Number.isInteger(result) ? result : Number(result.toPrecision(15))
}

/** Looking at an element costs more than reading a character. */
const ELEMENT = 8

function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.length * ELEMENT
  return typeof value === 'string' ? value.length : 1
}

/** Formats are few and repeat (R11). */
const MAX_FORMATS = 200
const formats = new Map<string, Intl.NumberFormat>()

/** `{{ 1234.5 | money: "EUR", "de-DE" }}`: 1.234,50 €. */
function formatMoney(value: number, currency: unknown, locale: unknown): string {
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) {
    throw new TemplateError('money needs a currency, such as money: "EUR"')
  }
  const language = typeof locale === 'string' ? locale : 'en'
  const name = `${currency} ${language}`
  let format = formats.get(name)
  if (format === undefined) {
    try {
      format = new Intl.NumberFormat(language, { style: 'currency', currency })
    } catch {
      throw new TemplateError(`"${language}" is no language tag, such as en or de-DE`)
    }
    if (formats.size >= MAX_FORMATS) formats.clear()
    formats.set(name, format)
  }
  return format.format(value)
}
