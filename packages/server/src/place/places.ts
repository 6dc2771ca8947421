import { isIP } from 'node:net'
import { country_code as countryOf } from '@roniemartinez/iptocc/nodejs'
import type { Location } from './location.ts'
import { openMmdb } from './mmdb.ts'

/** Where addresses are, without asking anybody: the address never leaves this process, and is cut short before it is stored. */
export class Places {
  readonly #find: (ip: string) => Location | undefined
  /** A batch has one address: the last answer is kept, and nothing more. */
  #last: { readonly ip: string; readonly location: Location | undefined } = { ip: '', location: undefined }

  /** `file`: a database with regions and cities; what it does not know has the country its address is assigned in. */
  constructor(file: string | undefined) {
    const known = file === undefined ? undefined : openMmdb(file)
    this.#find = known === undefined ? assignedCountry : ip => known(ip) ?? assignedCountry(ip)
  }

  /** Undefined for what is no public address, or not known. */
  find(ip: string): Location | undefined {
    if (ip !== this.#last.ip) {
      const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1] ?? ip
      this.#last = { ip, location: isIP(plain) === 0 ? undefined : this.#find(plain) }
    }
    return this.#last.location
  }
}

/** The country a regional internet registry assigned the address in. */
function assignedCountry(ip: string): Location | undefined {
  const country = countryOf(ip) as string | null | undefined
  return country == null ? undefined : { country }
}
