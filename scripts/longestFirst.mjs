// The order of test files: those that take longest first, so that no worker has them left in the end, when the other has nothing to do.
import { BaseSequencer } from 'vitest/node'

/** Seconds on two cores, of files that take more than a few; ends of paths. */
const SECONDS = {
  'testkit/src/clickhouse/clickhouse.test.ts': 80,
  'cli/src/import/segments.realData.test.ts': 60,
  'cli/src/import/realData.test.ts': 60,
  'warehouse/src/warehouse.embedded.test.ts': 60,
  'store/src/lmdb/lmdb.test.ts': 50,
  'cli/src/crash/crash.test.ts': 30,
  'store/src/postgres/processes.test.ts': 25,
  'store/src/postgres/postgres.test.ts': 30,
  'warehouse/src/engine/engine.test.ts': 30,
  'store/src/lmdb/store.test.ts': 25,
  'testkit/src/clickhouse/cluster.test.ts': 20,
  'warehouse/src/queries/segment/segment.test.ts': 25,
  'server/src/start.test.ts': 20,
  'cli/src/demo/demo.test.ts': 17,
  'server/src/next.test.ts': 15,
  'cli/src/crash/erase.test.ts': 15,
  'store/src/lmdb/crash.test.ts': 15,
  'server/src/shards.test.ts': 12,
}

/** @param {import('vitest/node').TestSpecification} file */
function secondsOf({ moduleId }) {
  for (const [end, seconds] of Object.entries(SECONDS)) if (moduleId.endsWith(end)) return seconds
  return 0
}

export class LongestFirst extends BaseSequencer {
  /** The core's files are many and short: they come last. @param {import('vitest/node').TestSpecification[]} files */
  async sort(files) {
    const isCore = ({ moduleId }) => Number(moduleId.includes('/packages/core/'))
    return (await super.sort(files)).sort((a, b) => isCore(a) - isCore(b) || secondsOf(b) - secondsOf(a))
  }
}
