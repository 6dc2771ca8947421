import { charged, type Handler } from './filters.ts'
import { type Rendering, textOf } from './rendering.ts'

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' }
const UNESCAPES = Object.fromEntries(Object.entries(ESCAPES).map(([character, written]) => [written, character]))

/** A value as HTML: escaped, unless it is HTML already. */
export function writeHtml(this: unknown, value: unknown): string {
  const text = textOf(value)
  return markupOf(this).has(text) ? text : escaped(text)
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => ESCAPES[character]!)
}

function unescaped(text: string): string {
  return text.replace(/&(?:amp|lt|gt|#34|#39);/g, written => UNESCAPES[written]!)
}

/** Liquid calls what escapes as it calls filters, but its types do not say so. */
function markupOf(called: unknown): Set<string> {
  return (called as { context: { renderLimit: Rendering } }).context.renderLimit.markup
}

/** Filters that make HTML of a text: what they make is written as it is. */
const MAKE_HTML: Readonly<Record<string, (text: string, isMarkup: boolean) => string>> = {
  escape: escaped,
  xml_escape: escaped,
  escape_once: text => escaped(unescaped(text)),
  newline_to_br: (text, isMarkup) => (isMarkup ? text : escaped(text)).replace(/\r?\n/g, '<br />\n'),
}

/** Instead of Liquid's, where the template is HTML. */
export const HTML_FILTERS = Object.fromEntries(
  Object.entries(MAKE_HTML).map(([name, make]) => {
    const handler: Handler = function (value) {
      const markup = markupOf(this)
      const text = textOf(value)
      const made = make(text, markup.has(text))
      markup.add(made)
      return made
    }
    return [name, charged(handler) as never]
  }),
)
