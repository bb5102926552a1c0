import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The tests that a mutant meets, in this order: the likeliest to notice first. Another for each mutant. */
const wanted = () => (process.env['AMBIT_MUTANT_TESTS'] ?? '').split(':')

class InOrder extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const files = wanted()
    const place = ({ moduleId }: TestSpecification) => files.findIndex((file) => moduleId.endsWith(`/${file}`))
    return [...specifications].sort((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['test/seed.ts', 'scripts/mutate-setup.ts'],
    // One thread that loads each module once: the suites are pure, and hundreds of runs pay for every import.
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    bail: 1,
    sequence: { sequencer: InOrder },
    testTimeout: 300_000,
    hookTimeout: 300_000,
    env: { DO_NOT_TRACK: '1' },
  },
})
