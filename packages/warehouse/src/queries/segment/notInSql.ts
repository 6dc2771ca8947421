import { WarehouseError } from '../../errors.ts'

/**
 * A condition, or a part of it, that the warehouse cannot tell: what it asks for is not in the log, or only a decision has it.
 * `place` is where it stands, such as `all[1].not`.
 */
export class NotInSql extends WarehouseError {
  readonly place: string

  constructor(place: string, reason: string) {
    super('unsupported', `${place === '' ? 'The condition' : `${place} of the condition`} ${reason}`)
    this.name = 'NotInSql'
    this.place = place
  }
}
