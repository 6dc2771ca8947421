import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './scripts/longestFirst.mjs'

export default defineConfig({
  resolve: { conditions: ['source', 'module', 'node', 'default'] },
  ssr: { resolve: { conditions: ['source', 'module', 'node', 'default'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    // One more than cores: some always wait for disks and other processes. No more than four, for each has engines of its own.
    maxWorkers: Math.min(4, availableParallelism() + 1),
    sequence: { sequencer: LongestFirst },
    server: { deps: { inline: [/@espalier\//] } },
    // Files share a process, and with it the modules that each would load anew, which took a quarter as long as the tests. So a file
    // leaves nothing behind: no clock, environment or global changed, nothing running. What is left on the disk is taken away.
    isolate: false,
    setupFiles: ['scripts/seedProperties.mjs', 'scripts/ownFolder.mjs'],
  },
})
