import { encodeFunctionData, parseAbi } from 'viem'
import { decodeCaveat, encodeCaveat } from '../caveats/caveat.ts'
import type { Caveat, Environment } from '../caveats/types.ts'
import type { CoverageRow } from '../compile/types.ts'
import { checkChain } from '../delegation/check.ts'
import type { ChainFacts } from '../delegation/facts.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { type Delegation, ROOT_AUTHORITY } from '../delegation/types.ts'
import type { ErrorDetails } from '../errors.ts'
import { type Address, byteLength, type Hex } from '../primitives/hex.ts'
import { formatInstant, parseInstant } from '../primitives/time.ts'
import type { Scope } from '../scope/types.ts'
import { GrantError } from './errors.ts'

/**
 * A guardian's kill switch: one delegation from the principal to a cold key, which permits one call, once: raising the
 * principal's nonce. It carries no nonce itself, or the first revocation of everything would take the switch with it.
 */
export type KillSwitch = {
  principal: Address
  guardian: Address
  /** First second at which it is dead. */
  expiry: bigint
  hash: Hex
}

/** What the chain says of a kill switch at one block. */
export type KillSwitchFacts = ChainFacts & {
  /** How often it was fired. Absent: not read. */
  fired?: bigint
}

const abi = parseAbi(['function incrementNonce(address delegationManager)'])

/** The call that ends every delegation of its sender with a nonce caveat. */
export function raiseNonceCall({ enforcers, manager, chainId }: Environment): { to: Address; value: 0n; data: Hex } {
  const to = enforcers['NonceEnforcer']
  if (to === undefined) {
    throw new GrantError('grant.no_nonce_enforcer', 'This deployment has no NonceEnforcer.', {
      details: { chainId },
      fix: 'Give its address in the deployment.',
    })
  }
  return { to, value: 0n, data: encodeFunctionData({ abi, functionName: 'incrementNonce', args: [manager] }) }
}

/**
 * The kill switch to be signed by the principal.
 *
 * It can be fired once: a stolen guardian key ends everything one time and not for ever after. Only the guardian itself can
 * redeem it, so it cannot be handed on.
 *
 * @param expiry - Unix seconds, exclusive; must lie beyond everything that it is to guard.
 * @param salt - 32 random bytes.
 */
export function createKillSwitch(parameters: {
  environment: Environment
  principal: Address
  guardian: Address
  expiry: bigint
  salt: Hex
}): Delegation {
  const { environment, principal, guardian, expiry, salt } = parameters
  const caveats = caveatsOf(environment, guardian, expiry)
  const delegation = { delegate: guardian, delegator: principal, authority: ROOT_AUTHORITY, caveats, salt }
  const unsigned: Delegation = { ...delegation, signature: '0x' }
  readKillSwitch(unsigned, environment)
  return unsigned
}

/**
 * Reads a delegation as a kill switch of this deployment, byte by byte: one that could do anything else, or that something
 * else could end, is refused.
 *
 * @throws {@link GrantError} `grant.guardian_has_nonce`, `grant.guardian_not_exact` with what differs.
 */
export function readKillSwitch(delegation: Delegation, environment: Environment): KillSwitch {
  const { delegate, delegator, authority, caveats, salt } = delegation
  const decoded = caveats.map((caveat) => decodeCaveat(environment, caveat))
  const nonce = decoded.findIndex(({ kind }) => kind === 'nonce')
  if (nonce !== -1) {
    throw new GrantError('grant.guardian_has_nonce', 'This kill switch dies with what it is to end.', {
      details: { caveat: nonce },
      fix: 'Make it anew with `ambit guardian create`: a kill switch carries no nonce.',
    })
  }
  if (authority !== ROOT_AUTHORITY) throw notExact('authority')
  if (delegate === delegator) throw notExact('delegate')
  if (byteLength(salt) !== 32 || BigInt(salt) === 0n) throw notExact('salt')
  const expiry = decoded.find((caveat) => caveat.kind === 'timestamp')?.before ?? 0n
  if (expiry === 0n) throw notExact('expiry')
  const wanted = caveatsOf(environment, delegate, expiry)
  const index = wanted.findIndex((caveat, at) => !same(caveat, caveats[at]))
  if (index !== -1 || wanted.length !== caveats.length) {
    throw notExact(`caveats/${index === -1 ? wanted.length : index}`)
  }
  return { principal: delegator, guardian: delegate, expiry, hash: hashDelegation(delegation) }
}

/**
 * Throws unless the kill switch guards a grant of this scope: it is the guardian's that the scope names, outlives the grant,
 * and would work at the block of these facts. To be asked at each grant: what was a guard last month may be disabled, fired
 * or too short today.
 *
 * @throws {@link GrantError} `grant.guardian_ends_early`, `grant.guardian_dead`, `grant.guardian_unsettled`; those of
 * {@link readKillSwitch}.
 */
export function requireKillSwitch(
  delegation: Delegation,
  { scope, environment, facts }: { scope: Scope; environment: Environment; facts: KillSwitchFacts },
): KillSwitch {
  const killSwitch = readKillSwitch(delegation, environment)
  if (scope.chainId !== environment.chainId) throw notExact('chain')
  if (killSwitch.principal !== scope.principal) throw notExact('principal')
  if (killSwitch.guardian !== scope.revocation.guardian) throw notExact('guardian')
  if (killSwitch.expiry <= parseInstant(scope.expiry)) {
    throw new GrantError('grant.guardian_ends_early', 'The kill switch ends before what it is to guard.', {
      details: { killSwitch: formatInstant(killSwitch.expiry), grant: scope.expiry, delegation: killSwitch.hash },
      fix: 'Make one that lasts longer with `ambit guardian create`, or let the grant end earlier.',
    })
  }
  requireWorking(delegation, killSwitch.hash, facts)
  return killSwitch
}

/** Why a kill switch would not fire at the block of these facts; empty where it would. */
export function killSwitchTroubles(delegation: Delegation, facts: KillSwitchFacts): string[] {
  const rows = checkChain([delegation], facts).rows
  const codes = rows.flatMap((row) => (row.result === 'pass' ? [] : [row.code as string]))
  if (facts.fired === undefined) codes.push('not_read')
  else if (facts.fired > 0n) codes.push('fired')
  return [...new Set(codes)]
}

/** The coverage of a plan with the guardian's line: held by the kill switch, unless a caveat names the guardian itself. */
export function coverGuardian(coverage: readonly CoverageRow[], killSwitch: KillSwitch): CoverageRow[] {
  return coverage.map((row) =>
    row.constraint === '/revocation/guardian' && row.held.by === 'nobody'
      ? { ...row, held: { by: 'killSwitch', delegation: killSwitch.hash } }
      : row,
  )
}

function requireWorking(delegation: Delegation, hash: Hex, facts: KillSwitchFacts): void {
  const codes = killSwitchTroubles(delegation, facts)
  if (codes.length === 0) return
  const details: ErrorDetails = { codes, delegation: hash }
  if (codes.every((code) => code === 'not_read')) {
    throw new GrantError('grant.guardian_unsettled', 'It was not found out whether the kill switch works.', {
      details,
      fix: 'Read the chain, then grant.',
    })
  }
  throw new GrantError('grant.guardian_dead', 'The kill switch does not work any more.', {
    details,
    fix: 'Make a new one with `ambit guardian create`, then grant.',
  })
}

function caveatsOf(environment: Environment, guardian: Address, expiry: bigint): Caveat[] {
  const { to: target, value, data } = raiseNonceCall(environment)
  return [
    encodeCaveat(environment, { kind: 'exactExecution', target, value, data }),
    encodeCaveat(environment, { kind: 'timestamp', after: 0n, before: expiry }),
    encodeCaveat(environment, { kind: 'redeemer', redeemers: [guardian] }),
    encodeCaveat(environment, { kind: 'limitedCalls', limit: 1n }),
  ]
}

function same(wanted: Caveat, found: Caveat | undefined): boolean {
  return found?.enforcer === wanted.enforcer && found.terms === wanted.terms && found.args === '0x'
}

function notExact(differs: string): GrantError {
  return new GrantError('grant.guardian_not_exact', 'This is not the kill switch that is needed.', {
    details: { differs },
    fix: 'Make one with `ambit guardian create`: from the principal to the guardian, for one call that raises the nonce.',
  })
}
