import { people } from '../people.ts'

/**
 * People here are 64-bit hashes of their ids: joining and grouping by them takes half the time, and among ten million people two
 * share one with a chance of 3 in a million.
 */
export const sourceHash = (table: string) => `cityHash64(${table}.profile)`

/** Links that lead to somebody else, as hashes. */
const links = `(
  SELECT cityHash64(p.source) AS source, cityHash64(p.canonical) AS canonical FROM ${people} AS p WHERE p.canonical != p.source
)`

/** The person of a row of `table` that has the hash of its `source`, together with `joinPeople`. */
export const personHash = (table: string) => `if(l.canonical = 0, ${table}.source, l.canonical)`

export const joinPeople = (table: string) => `LEFT ANY JOIN ${links} AS l ON l.source = ${table}.source`
