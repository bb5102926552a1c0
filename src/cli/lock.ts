import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, unlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { HomeError } from './errors.ts'
import { type Home, isCode } from './home.ts'

const WAIT_MS = 30_000
const LOOK_EVERY_MS = 40

/**
 * Takes a lock between processes and returns what gives it back. Two commands on one local chain or one receipt journal
 * would otherwise write over each other.
 *
 * A lock whose process is gone is taken over.
 *
 * @param waitMs - How long to wait for the holder, milliseconds. Default 30 seconds.
 * @throws {@link HomeError} `home.locked`.
 */
export async function takeLock(
  home: Home,
  name: string,
  onWait: (holder: string) => void,
  waitMs = WAIT_MS,
): Promise<() => void> {
  const path = home.file('locks', `${name}.lock`)
  const mine = `${process.pid} ${randomBytes(8).toString('hex')}\n`
  const deadline = performance.now() + waitMs
  let told = false
  for (;;) {
    try {
      home.create(path, mine)
      return () => release(path, mine)
    } catch (error) {
      if (!(error instanceof HomeError && error.code === 'home.exists')) throw error
    }
    const holder = home.read(path)
    if (holder === undefined) continue
    if (!alive(holder)) {
      takeAway(path, holder)
      continue
    }
    if (!told) onWait(holder.split(' ', 1)[0] ?? '')
    told = true
    if (performance.now() > deadline) {
      throw new HomeError('home.locked', 'Another ambit command is using this.', {
        details: { lock: path, process: holder.split(' ', 1)[0] ?? '', seconds: waitMs / 1_000 },
        fix: 'Wait for it to end; if no ambit is running, remove the lock file.',
        retry: 'safe',
      })
    }
    await delay(LOOK_EVERY_MS)
  }
}

function release(path: string, mine: string): void {
  try {
    if (readFileSync(path, 'utf8') === mine) unlinkSync(path)
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error
  }
}

function alive(holder: string): boolean {
  const pid = Number.parseInt(holder, 10)
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

/** Removes a dead lock by renaming it first: of two that try, one gets it, and never a live lock made in between. */
function takeAway(path: string, dead: string): void {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  if (readFileSync(aside, 'utf8') === dead) unlinkSync(aside)
  else renameSync(aside, path)
}
