import { keccak256 } from 'viem'
import { encodeContext } from '../delegation/context.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { State } from '../verdict/types.ts'
import { ReceiptError } from './errors.ts'
import type { StatementOf } from './statement.ts'
import { caip2, caip10, caipChainId } from './values.ts'

/** The parts of a statement that a grant gives, and how to compare them again. */

type OutcomeStatement = StatementOf<'outcome'>
export type DelegationPart = OutcomeStatement['delegation']
export type ActorPart = OutcomeStatement['actorChain']
export type StatePart = NonNullable<StatementOf<'decision'>['state']>

/** Delegations of one branch, leaf first. @throws {@link ReceiptError} `receipt.inputs_disagree`: no such branch. */
export function branchDelegations(grant: Grant, branch: number): Delegation[] {
  const links = grant.branches[branch]?.links ?? []
  const delegations = links.flatMap((index) => grant.delegations[index] ?? [])
  if (delegations.length === 0 || delegations.length !== links.length) throw disagree('branch', String(branch))
  return delegations
}

/** A chain as a statement names it. @param delegations - Leaf first. */
export function describeChain(
  chainId: number,
  delegations: readonly Delegation[],
): {
  context: Hex
  delegation: DelegationPart
  actorChain: ActorPart
} {
  const context = encodeContext(delegations)
  const chain = delegations.map((delegation) => ({
    hash: hashDelegation(delegation),
    delegator: delegation.delegator,
    delegate: delegation.delegate,
    authority: delegation.authority,
    caveats: delegation.caveats.map(({ enforcer, terms }) => ({ enforcer, terms })),
  }))
  const rootFirst = chain.toReversed()
  const actorChain = [
    ...rootFirst.slice(0, 1).map(({ delegator }) => ({ account: caip10(chainId, delegator) })),
    // A link to oneself holds limits that links below share; it makes no actor.
    ...rootFirst
      .filter(({ delegator, delegate }) => delegator !== delegate)
      .map(({ delegate, hash }) => ({ account: caip10(chainId, delegate), via: hash })),
  ]
  return { context, delegation: { context: keccak256(context), chain }, actorChain }
}

/** Root delegations of a grant, each once. */
export function rootsOf(grant: Grant): Hex[] {
  const roots = grant.branches.flatMap(({ links }) => {
    const root = grant.delegations[links.at(-1) ?? -1]
    return root === undefined ? [] : [hashDelegation(root)]
  })
  return [...new Set(roots)].sort()
}

/** Whose authority the grant is of, who may act on it, and whose signature on a request counts. */
export function partiesOf(grant: Grant): { principal: Address; agent: Address; asker: Address } {
  const root = grant.scopes[0]
  const effective = grant.scopes.at(-1)
  if (root === undefined || effective === undefined) throw disagree('scopes', 'none')
  return {
    principal: root.principal,
    agent: effective.delegate,
    asker: effective.request?.key ?? effective.delegate,
  }
}

export function describeGrant(grant: Grant): { id: Hex; manager: string; scope: Hex } {
  return { id: grant.id, manager: caip10(grant.chainId, grant.manager), scope: grant.scopeHash }
}

/** All that was read, as decimal strings. */
export function describeState(state: State): StatePart {
  const { number, hash, timestamp } = state.block
  return {
    chain: caip2(state.chainId),
    manager: state.manager,
    block: { number: number.toString(), hash, time: timestamp.toString() },
    paused: state.paused,
    disabled: { ...state.disabled },
    nonces: mapValues(state.nonces, (nonce) => nonce.toString()),
    counters: mapValues(state.counters, (counter) => {
      switch (counter.kind) {
        case 'spent':
          return { kind: 'spent' as const, spent: counter.spent.toString() }
        case 'calls':
          return { kind: 'calls' as const, count: counter.count.toString() }
        case 'period':
          return {
            kind: 'period' as const,
            amount: counter.amount.toString(),
            duration: counter.duration.toString(),
            start: counter.start.toString(),
            lastPeriod: counter.lastPeriod.toString(),
            transferred: counter.transferred.toString(),
          }
        case 'stream':
          return {
            kind: 'stream' as const,
            initial: counter.initial.toString(),
            max: counter.max.toString(),
            perSecond: counter.perSecond.toString(),
            start: counter.start.toString(),
            spent: counter.spent.toString(),
          }
        case 'word':
          return { kind: 'word' as const, word: counter.word.toString() }
        case 'used':
        case 'hook':
        case 'account':
        case 'signature':
          return counter
      }
    }),
  }
}

/** The state that a statement records: what {@link describeState} was given. */
export function readState(part: StatePart): State {
  return {
    chainId: caipChainId(part.chain),
    manager: part.manager,
    block: { number: BigInt(part.block.number), hash: part.block.hash, timestamp: BigInt(part.block.time) },
    paused: part.paused,
    disabled: part.disabled,
    nonces: mapValues(part.nonces, BigInt),
    counters: mapValues(part.counters, (counter) => {
      switch (counter.kind) {
        case 'spent':
          return { kind: 'spent' as const, spent: BigInt(counter.spent) }
        case 'calls':
          return { kind: 'calls' as const, count: BigInt(counter.count) }
        case 'period':
          return {
            kind: 'period' as const,
            amount: BigInt(counter.amount),
            duration: BigInt(counter.duration),
            start: BigInt(counter.start),
            lastPeriod: BigInt(counter.lastPeriod),
            transferred: BigInt(counter.transferred),
          }
        case 'stream':
          return {
            kind: 'stream' as const,
            initial: BigInt(counter.initial),
            max: BigInt(counter.max),
            perSecond: BigInt(counter.perSecond),
            start: BigInt(counter.start),
            spent: BigInt(counter.spent),
          }
        case 'word':
          return { kind: 'word' as const, word: BigInt(counter.word) }
        case 'used':
        case 'hook':
        case 'account':
        case 'signature':
          return counter
      }
    }),
  }
}

/** Two things that a builder was given do not belong to one event: a receipt of them would be refused by every verifier. */
export function disagree(what: string, value: string): ReceiptError {
  return new ReceiptError('receipt.inputs_disagree', 'These do not belong to one event.', {
    details: { what, value },
    fix: 'Give the grant, request, verdict and redemption of one attempt.',
  })
}

function mapValues<from, to>(record: Readonly<Record<string, from>>, map: (value: from) => to): Record<string, to> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
