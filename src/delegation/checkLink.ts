import { decodeCaveat } from '../caveats/caveat.ts'
import type { DecodedCaveat } from '../caveats/types.ts'
import type { Hex } from '../primitives/hex.ts'
import type { ChainFacts, CheckCode, CheckName, CheckRow } from './facts.ts'
import { signingHashOf } from './hash.ts'
import { recoverSigner } from './signature.ts'
import type { Delegation } from './types.ts'

export type Link = { delegation: Delegation; hash: Hex; link: number; root: boolean }

/** Rows about one link by itself: who signed it, whether it is alive, whether its caveats are understood. */
export function checkLink(link: Link, facts: ChainFacts): CheckRow[] {
  const caveats = link.delegation.caveats.map((caveat) => decodeCaveat(facts.environment, caveat))
  return [
    checkSignature(link, facts),
    ...(link.root ? [checkCode(link, facts)] : []),
    checkKnown(link, caveats),
    checkEnabled(link, facts),
    ...caveats.flatMap((caveat) => {
      if (caveat.kind === 'taskScope') {
        const { notBefore, expiry } = caveat
        return [
          checkTime(link, { after: notBefore - 1n, before: expiry }, facts),
          checkGroup(link, caveat.group, facts),
        ]
      }
      if (caveat.kind === 'timestamp') return [checkTime(link, caveat, facts)]
      return caveat.kind === 'nonce' ? [checkNonce(link, caveat.nonce, facts)] : []
    }),
  ]
}

/** The manager asks the key of an account without code, and the code of an account that has some. */
function checkSignature({ delegation, hash, link }: Link, facts: ChainFacts): CheckRow {
  const code = facts.codes?.[delegation.delegator]
  if (code === undefined) return notRead('signature', link, 'Whether the delegator has code decides who judges it.')
  if (code === 'contract') {
    const accepted = facts.contractSignatures?.[hash]
    if (accepted === undefined) return notRead('signature', link, "The delegator's contract was not asked.")
    return accepted
      ? pass('signature', link, "The delegator's contract accepts it.")
      : fail('signature', link, 'signature_refused', "The delegator's contract refuses it.")
  }
  const { chainId, manager } = facts.environment
  const digest = signingHashOf(hash, { chainId, manager })
  const recovery = (facts.recover ?? recoverSigner)(digest, delegation.signature)
  if (recovery.status === 'invalid') {
    return fail('signature', link, 'bad_signature', `This is no signature of a key: ${recovery.reason}.`)
  }
  return recovery.signer === delegation.delegator
    ? pass('signature', link, "It is signed with the delegator's key.")
    : fail('signature', link, 'other_signer', 'Another key signed it, or it was changed after signing.')
}

/** The manager calls the root delegator to execute; an account without code would do nothing, and the call fails. */
function checkCode({ delegation, link }: Link, facts: ChainFacts): CheckRow {
  const code = facts.codes?.[delegation.delegator]
  if (code === undefined) return notRead('code', link, 'The code of the principal was not read.')
  return code === 'none'
    ? fail('code', link, 'no_code', 'The principal has no code: it is no smart account and cannot execute.')
    : pass('code', link, 'The principal can execute.')
}

function checkKnown({ link }: Link, caveats: readonly DecodedCaveat[]): CheckRow {
  const unknown = caveats.flatMap((caveat, index) => (caveat.kind === 'unknown' ? [`${index} (${caveat.reason})`] : []))
  if (unknown.length === 0) return pass('caveats', link, 'Every caveat is understood.')
  const detail = `Caveats that are not understood: ${unknown.join(', ')}.`
  return { check: 'caveats', link, result: 'unavailable', code: 'unknown_caveat', detail }
}

function checkEnabled({ hash, link }: Link, facts: ChainFacts): CheckRow {
  const disabled = facts.disabled?.[hash]
  if (disabled === undefined) return notRead('enabled', link, 'Whether it is revoked was not read.')
  return disabled
    ? fail('enabled', link, 'revoked', 'Its delegator has revoked it.')
    : pass('enabled', link, 'It is not revoked.')
}

/** Both bounds are exclusive, and nothing up to zero is none. */
function checkTime(
  { link }: Link,
  { after, before }: { after: bigint; before: bigint },
  { now }: ChainFacts,
): CheckRow {
  if (now === undefined) return notRead('time', link, 'No block time was read.')
  if (after > 0n && now <= after) return fail('time', link, 'not_yet_valid', `It is valid after ${after}.`)
  if (before !== 0n && now >= before) return fail('time', link, 'expired', `It was valid before ${before}.`)
  return pass('time', link, before === 0n ? 'It never expires.' : `It is valid before ${before}.`)
}

function checkNonce({ delegation, link }: Link, nonce: bigint, facts: ChainFacts): CheckRow {
  const current = facts.nonces?.[delegation.delegator]
  if (current === undefined) return notRead('nonce', link, "The delegator's nonce was not read.")
  return current === nonce
    ? pass('nonce', link, `The delegator's nonce is ${nonce}.`)
    : fail('nonce', link, 'group_revoked', `Its nonce is ${nonce}, the delegator's is ${current}.`)
}

function checkGroup({ hash, link }: Link, group: Hex, facts: ChainFacts): CheckRow {
  const ended = facts.endedGroups?.[hash]
  if (ended === undefined) return notRead('group', link, 'Whether its group has ended was not read.')
  return ended
    ? fail('group', link, 'group_revoked', `Its group ${group} has ended, for ever.`)
    : pass('group', link, `Its group ${group} has not ended.`)
}

export function pass(check: CheckName, link: number | null, detail: string): CheckRow {
  return { check, link, result: 'pass', detail }
}

export function fail(check: CheckName, link: number | null, code: CheckCode, detail: string): CheckRow {
  return { check, link, result: 'fail', code, detail }
}

function notRead(check: CheckName, link: number, detail: string): CheckRow {
  return { check, link, result: 'unavailable', code: 'not_read', detail }
}
