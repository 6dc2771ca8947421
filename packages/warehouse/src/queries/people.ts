/**
 * Who a source profile is now: the latest link of each source. Read from the table by each query, so that a link counts from
 * the moment its insert returned; there is nothing to refresh. A dictionary would be some percent faster and late.
 */
export const latestLinks = `(
  SELECT source, argMax(canonical, (at, position)) AS canonical
  FROM identity_links
  WHERE workspace = {workspace:String}
  GROUP BY source
)`

/** The canonical person of a row of `table`, joined with `latestLinks AS links ON links.source = table.profile`. */
export const personOf = (table: string) => `if(links.canonical = '', ${table}.profile, links.canonical)`

export const joinLinks = (table: string) => `LEFT ANY JOIN ${latestLinks} AS links ON links.source = ${table}.profile`
