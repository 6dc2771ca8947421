import { library } from '@espalier/core/library'
import { NO_NAMES } from '@espalier/core/segment'
import { expect, it } from 'vitest'
import { Binder } from '../../sql/params.ts'
import { membersSql } from './index.ts'

const segments = library().flatMap(entry => (entry.kind === 'segment' ? [entry] : []))

it.each(segments)('the ready-made segment $key can be asked of the log as well', ({ body: { condition } }) => {
  const moment = { workspace: 'w', at: Date.UTC(2026, 10, 2) }
  expect(membersSql(condition, NO_NAMES, new Binder(), moment)).toContain('SELECT')
})
