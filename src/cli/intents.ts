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

/** Everything begun and not finished on this machine. */
export function readIntents(home: Home): Intent[] {
  return home.list(FOLDER).map((name) => {
    const path = home.file(FOLDER, `${name}.json`)
    return readIntent(home.read(path) ?? '', path)
  })
}

/** The raising of an account's nonce that was begun. */
export function raiseIntentOf(home: Home, of: Pick<RaiseIntent, 'chainId' | 'manager' | 'account'>) {
  return readIntents(home).find(
    (intent): intent is RaiseIntent =>
      intent.kind === 'raise_nonce' &&
      intent.chainId === of.chainId &&
      intent.manager === of.manager &&
      intent.account === of.account,
  )
}

/** The replacement of a grant that was begun. */
export function replaceIntentOf(home: Home, grant: Hex): ReplaceIntent | undefined {
  return readIntents(home).find(
    (intent): intent is ReplaceIntent => intent.kind === 'replace' && intent.old.id === grant,
  )
}

/** Says what was begun on this machine and waits for its end: nothing of it is left silently. */
export function warnUnfinished(context: Context): void {
  for (const intent of readIntents(context.home())) {
    context.output.warn(
      intent.kind === 'replace'
        ? `A replacement of grant ${intent.old.id} was begun and not finished: run \`ambit ${intent.act} ${intent.old.id}\`.`
        : `Ending everything of ${intent.account} was begun and not finished: run it again.`,
    )
  }
}

function nameOf(intent: Intent): string {
  return intent.kind === 'replace' ? intent.old.id : `nonce-${intent.chainId}-${intent.account}`
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
