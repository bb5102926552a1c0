import { defineConfig } from 'vitest/config'

/** Journeys through pages in a real browser: apart from `vitest.config.ts`, for they need Chromium. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.e2e.ts'],
    // Tests are counted where there is no browser to start, too.
    globalSetup: process.env['AMBIT_E2E_COUNT'] === undefined ? ['rig/globalSetup.ts'] : [],
    setupFiles: ['../seed.ts'],
    // One browser, two cores: files one after the other.
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 90_000,
    env: { DO_NOT_TRACK: '1' },
  },
})
