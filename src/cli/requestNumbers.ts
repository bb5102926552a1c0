import type { Hex } from '../primitives/hex.ts'
import { parseJson } from '../primitives/json.ts'
import type { NumberRun } from '../redemption/numbers.ts'
import type { Context } from './command.ts'
import { takeLock } from './lock.ts'
import { toJson } from './output.ts'

const FOLDER = 'numbers'

/**
 * A number for the next request under a delegation: never one that a command of this state folder has had before, whichever of
 * them runs at the same time, and whichever died. Written down before it is given out.
 */
export async function takeRequestNumber(context: Context, delegation: Hex): Promise<bigint> {
  const { nextNumber } = await import('../redemption/numbers.ts')
  const home = context.home()
  const path = home.file(FOLDER, `${delegation}.json`)
  const release = await takeLock(home, `numbers-${delegation.slice(2, 34)}`, () =>
    context.output.progress('Waiting for the numbers of requests…'),
  )
  try {
    const { number, run } = nextNumber(readRun(home.read(path)), () => randomWord(context))
    home.write(path, `${toJson(run)}\n`)
    return number
  } finally {
    release()
  }
}

/** `null` where nothing can be read: a word that is drawn anew holds no number that was given out before. */
function readRun(text: string | undefined): NumberRun | null {
  if (text === undefined) return null
  try {
    const { word, taken } = parseJson(text) as Record<string, unknown>
    const known = typeof word === 'string' && /^(?:0|[1-9][0-9]{0,16})$/.test(word) && BigInt(word) < 1n << 56n
    if (!known || !Number.isSafeInteger(taken) || (taken as number) < 1) return null
    return { word: BigInt(word), taken: taken as number }
  } catch {
    return null
  }
}

function randomWord(context: Context): bigint {
  return BigInt(`0x${Buffer.from(context.random(7)).toString('hex')}`)
}
