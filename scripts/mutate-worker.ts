/**
 * A process that runs tests in its own folder as often as it is asked to, and keeps between runs what did not change: what
 * the modules were transformed to, and the packages they load. Every module of ours is evaluated anew each time. Killed when a change makes it go round in circles.
 */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { createVitest } from 'vitest/node'
import type { Answer, Question } from './mutate-run.ts'

const root = process.cwd()
const vitest = await createVitest('test', {
  root,
  config: join(root, 'scripts/mutate-vitest.config.ts'),
  watch: false,
  reporters: [{}],
})

const own = globSync(['src/**/*.ts', 'test/**/*.ts', 'scripts/*.ts'], { cwd: root }).map((file) => join(root, file))

process.on('message', async ({ changed, tests }: Question) => {
  process.env['AMBIT_MUTANT_TESTS'] = tests.join(':')
  for (const file of changed) vitest.invalidateFile(join(root, file))
  for (const file of own) vitest.watcher.invalidates.add(file)
  const project = vitest.projects[0] as (typeof vitest.projects)[number]
  const specifications = tests.map((test) => project.createSpecification(join(root, test)))
  // Files that a failure leaves out would otherwise count as they ended the time before.
  vitest.state.filesMap.clear()
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications)
  const answer: Answer = { ran: 0, failed: null, took: [] }
  for (const module of testModules) {
    const diagnostic = module.diagnostic()
    answer.took.push([module.relativeModuleId, diagnostic.duration + diagnostic.collectDuration])
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') answer.ran++
      if (state === 'failed') answer.failed ??= test.fullName
    }
    if (module.errors().length > 0 || (module.state() === 'failed' && answer.failed === null))
      answer.failed ??= `${module.relativeModuleId} did not load`
  }
  if (unhandledErrors.length > 0) answer.failed ??= 'an error that nobody handled'
  process.send?.(answer)
})
// Whoever asked is gone: nobody will ask again.
process.on('disconnect', () => process.exit())
process.send?.('ready')
