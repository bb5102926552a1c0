import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, unlinkSync } from 'node:fs'
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
    const holder = acquire(home, path, path, mine)
    if (holder === null) return () => release(path, mine)
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

/**
 * Takes it, or takes it over from a process that is gone; gives its living holder where there is one.
 *
 * Only one process ever replaces a certain dead lock: the one that holds the lock named after that dead one's words, and
 * sees them still there. Who read them before somebody else was faster finds other words, and gives up. So a living lock is
 * never moved, not even for a moment. A process that dies while it takes over leaves a dead lock of that second kind, which
 * is taken over in the same way.
 */
function acquire(home: Home, base: string, path: string, mine: string): string | null {
  for (;;) {
    try {
      home.create(path, mine)
      return null
    } catch (error) {
      if (!(error instanceof HomeError && error.code === 'home.exists')) throw error
    }
    const holder = home.read(path)
    if (holder === undefined) continue
    if (alive(holder)) return holder
    const claim = `${base}.${createHash('sha256').update(holder).digest('hex').slice(0, 32)}`
    const faster = acquire(home, base, claim, mine)
    if (faster !== null) return faster
    try {
      if (home.read(path) !== holder) continue
      home.write(path, mine)
      return null
    } finally {
      release(claim, mine)
    }
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
