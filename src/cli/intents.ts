import type { Sent } from '../chain/send.ts'
import type { Start } from '../grant/replacement.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { parseJson } from '../primitives/json.ts'
import type { Context } from './command.ts'
import { HomeError } from './errors.ts'
import type { Home } from './home.ts'
import { toJson } from './output.ts'

/**
 * What was confirmed and is not done: written down before its first effect, removed after its last. After a crash the same
 * command reads it and goes on, instead of beginning something else beside it.
 */
export type Intent = RaiseIntent | ReplaceIntent

/** A nonce is to be raised. */
export type RaiseIntent = {
  kind: 'raise_nonce'
  chainId: number
  manager: Address
  account: Address
  /** What it was when it was confirmed: only what carries it was shown. */
  nonce: bigint
  /** Ids of the grants that end with it and get a receipt. */
  grants: readonly Hex[]
  /** What was signed for it. */
  sent?: Sent
  /** Unix seconds. */
  at: bigint
}

/**
 * A grant is to be replaced by another. Until the old one is known to have ended, `next` is nowhere but here: who holds both
 * could spend under both.
 */
export type ReplaceIntent = {
  kind: 'replace'
  act: 'narrow' | 'redirect'
  old: Grant
  /** Signed, and made for what was used of the old one when it was signed. */
  next: Grant
  /** What was asked for, as text: another wish is not this one. */
  asked: string
  /** How windows in use go on. */
  start?: Start
  /** Unix seconds. */
  at: bigint
}

const FOLDER = 'intents'

export function writeIntent(home: Home, intent: Intent): void {
  home.write(home.file(FOLDER, `${nameOf(intent)}.json`), `${toJson(intent)}\n`)
}

export function removeIntent(home: Home, intent: Intent): void {
  home.remove(home.file(FOLDER, `${nameOf(intent)}.json`))
}

/** The raising of an account's nonce that was begun. */
export function raiseIntentOf(home: Home, of: Pick<RaiseIntent, 'chainId' | 'manager' | 'account'>) {
  const intent = readNamed(home, nameOf({ kind: 'raise_nonce', ...of }))
  return intent?.kind === 'raise_nonce' && intent.manager === of.manager ? intent : undefined
}

/** The replacement of a grant that was begun. */
export function replaceIntentOf(home: Home, grant: Hex): ReplaceIntent | undefined {
  const intent = readNamed(home, grant)
  return intent?.kind === 'replace' && intent.old.id === grant ? intent : undefined
}

/** Says what was begun on this machine and waits for its end: nothing of it is left silently, and nothing is held up. */
export function warnUnfinished(context: Context): void {
  const home = context.home()
  for (const name of home.list(FOLDER)) {
    context.output.warn(sayUnfinished(home, name))
  }
}

function sayUnfinished(home: Home, name: string): string {
  try {
    const intent = readNamed(home, name)
    if (intent?.kind === 'replace') {
      const { act, old } = intent
      return `A replacement of grant ${old.id} was begun and not finished: run \`ambit ${act} ${old.id}\`.`
    }
    return `Ending everything of ${intent?.account ?? name} was begun and not finished: run it again.`
  } catch (error) {
    if (!(error instanceof HomeError)) throw error
    return `A record of something begun cannot be read: ${name}.`
  }
}

function nameOf(
  intent: { kind: 'replace'; old: { id: Hex } } | Pick<RaiseIntent, 'kind' | 'chainId' | 'manager' | 'account'>,
): string {
  if (intent.kind === 'replace') return intent.old.id
  return `nonce-${intent.chainId}-${intent.account}-${intent.manager.slice(2, 10)}`
}

function readNamed(home: Home, name: string): Intent | undefined {
  const path = home.file(FOLDER, `${name}.json`)
  const text = home.read(path)
  return text === undefined ? undefined : readIntent(text, path)
}

function readIntent(text: string, path: string): Intent {
  try {
    const raw = parseJson(text) as unknown as Intent
    if (raw.kind === 'replace') return { ...raw, at: BigInt(raw.at) }
    if (raw.kind !== 'raise_nonce') throw new RangeError('no such intent')
    const { sent } = raw
    const big = { at: BigInt(raw.at), nonce: BigInt(raw.nonce) }
    if (sent === undefined) return { ...raw, ...big }
    const { value, nonce, sinceBlock } = sent
    return {
      ...raw,
      ...big,
      sent: { ...sent, value: BigInt(value), nonce: BigInt(nonce), sinceBlock: BigInt(sinceBlock) },
    }
  } catch (cause) {
    throw new HomeError('home.damaged', 'A record of something begun cannot be read.', {
      details: { path },
      fix: 'Look at the file and at the chain; remove it only when you know how far it came.',
      cause,
    })
  }
}
