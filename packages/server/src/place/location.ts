/** Where an address is, as `context.location` has it. */
export interface Location {
  /** ISO 3166-1, two letters. */
  readonly country: string
  /** ISO 3166-2 without the country where the database has codes, else its name. */
  readonly region?: string
  readonly city?: string
}
