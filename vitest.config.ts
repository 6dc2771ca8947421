import { defineConfig } from 'vitest/config'

const PURE = 'packages/core/src/**/*.test.ts'

export default defineConfig({
  resolve: { conditions: ['source', 'module', 'node', 'default'] },
  ssr: { resolve: { conditions: ['source', 'module', 'node', 'default'] } },
  test: {
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    // Most of the rest waits for disks and other processes.
    maxWorkers: 2,
    server: { deps: { inline: [/@espalier\//] } },
    projects: [
      // What is pure leaves nothing behind: its files share a process, and the modules that each would load anew.
      {
        extends: true,
        test: { name: 'core', include: [PURE], isolate: false, setupFiles: ['scripts/seedProperties.mjs'] },
      },
      { extends: true, test: { name: 'rest', include: ['packages/*/src/**/*.test.ts'], exclude: [PURE] } },
    ],
  },
})
