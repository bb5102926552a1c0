import { closeSync, openSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { Home } from '../../src/cli/home.ts'
import { takeLock } from '../../src/cli/lock.ts'

/**
 * A process that takes a lock as often as it is told to, and says each time whether somebody else held it too: a file that
 * only its holder makes and removes is there already.
 */
const home = new Home(process.argv[2] ?? '')
const witness = join(home.path, 'held')

for await (const name of createInterface({ input: process.stdin })) {
  const release = await takeLock(home, name, () => {}, 20_000)
  let alone = true
  try {
    closeSync(openSync(witness, 'wx'))
  } catch {
    alone = false
  }
  await delay(2)
  if (alone) unlinkSync(witness)
  release()
  process.stdout.write(alone ? 'alone\n' : 'shared\n')
}
