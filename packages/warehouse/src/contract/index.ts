import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrations } from '../schema/migrate.ts'
import type { Warehouse } from '../warehouse.ts'
import { chancesContract } from './chances.ts'
import { evidenceContract } from './evidence.ts'
import { identityContract } from './identity.ts'
import { impactContract } from './impact.ts'
import { insertContract } from './insert.ts'
import { kpisContract } from './kpis.ts'
import { optimizerContract } from './optimizer.ts'
import { ownerContract } from './owner.ts'
import { pastEventsContract } from './pastEvents.ts'
import { personContract } from './person.ts'
import { policiesContract } from './policies.ts'
import { programmeContract } from './programme.ts'
import { quotesContract } from './quotes.ts'
import { ratesContract } from './rates.ts'
import { removalContract } from './removal.ts'
import { segmentsContract } from './segments.ts'
import { summaryContract } from './summary.ts'
import { timelineContract } from './timeline.ts'
import { visitorDaysContract } from './visitorDays.ts'

export * from './harness.ts'
export { ownerContract } from './owner.ts'

export interface ContractOptions {
  /** Random worlds that an answer is held against going through everything in: all by default. The way to one engine needs few. */
  readonly worlds?: number
}

/** What every warehouse promises, embedded or by URL: run from a test file. `open` gives one warehouse for all cases. */
export function warehouseContract(
  name: string,
  open: () => Promise<Warehouse>,
  { worlds = 8 }: ContractOptions = {},
): void {
  describe(`${name} keeps the warehouse contract`, () => {
    let opened: Warehouse | undefined
    const warehouse = () => opened!
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(() => opened?.close())

    describe('insert', () => insertContract(warehouse))
    describe('impact', () => impactContract(warehouse, worlds))
    describe('chances', () => chancesContract(warehouse))
    describe('programme', () => programmeContract(warehouse, worlds))
    describe('evidence', () => evidenceContract(warehouse))
    describe('visitor days', () => visitorDaysContract(warehouse))
    describe('kpis', () => kpisContract(warehouse))
    describe('timeline', () => timelineContract(warehouse))
    describe('quotes', () => quotesContract(warehouse))
    describe('identity', () => identityContract(warehouse))
    describe('summary', () => summaryContract(warehouse))
    describe('pastEvents', () => pastEventsContract(warehouse))
    describe('policies', () => policiesContract(warehouse))
    describe('segments', () => segmentsContract(warehouse))
    describe('rates', () => ratesContract(warehouse))
    describe('person', () => personContract(warehouse))
    describe('removal', () => removalContract(warehouse))
    describe('what the optimizer asks', () => optimizerContract(warehouse))
    describe('owner', () => ownerContract(warehouse))

    it('says how it is', async () => {
      await warehouse().check()
      const stats = await warehouse().stats()
      expect(stats).toMatchObject({ version: expect.stringMatching(/^\d+\./), schema: migrations.length })
      expect(stats['events.rows']).toBeGreaterThan(0)
    })
  })
}
