/**
 * Who a source profile is now: the latest link of each source. Read from the table by each query, so that a link counts from
 * the moment its insert returned; there is nothing to refresh. (300,000 links cost a query some tenths of a second.) Sources
 * under which nothing is filed are left out.
 *
 * A link leads to the person in one step. The second step is for clocks: where one node's is behind another's, the latest link
 * of a source may be the one before last, and then it leads to somebody who has become somebody else.
 */
const latest = `(
  SELECT source, argMax(canonical, (at, position)) AS canonical
  FROM identity_links
  WHERE workspace = {workspace:String} AND NOT silent
  GROUP BY source
)`

/** Rows (source, canonical) of every source with a link. */
export const people = `(
  SELECT one.source AS source, if(two.canonical = '', one.canonical, two.canonical) AS canonical
  FROM ${latest} AS one LEFT ANY JOIN ${latest} AS two ON two.source = one.canonical
)`

/** The canonical person of a row of `table`, together with `joinLinks`. */
export const personOf = (table: string) => `if(links.canonical = '', ${table}.profile, links.canonical)`

export const joinLinks = (table: string) => `LEFT ANY JOIN ${people} AS links ON links.source = ${table}.profile`
