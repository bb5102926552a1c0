import type { Hex } from '../primitives/hex.ts'
import { describeVerdict } from '../receipt/decisionReceipt.ts'
import { readState } from '../receipt/describe.ts'
import type { RequestRead } from '../receipt/evidence.ts'
import type { StatementOf } from '../receipt/statement.ts'
import { evaluate, type ReasonCode, type State, type Verdict } from '../verdict/index.ts'
import { equal } from './authority.ts'
import { causeOf, found, proven } from './checks.ts'
import type { GrantRead } from './memory.ts'
import type { ChainFacts, Check } from './types.ts'

type Decision = StatementOf<'decision'>

/** Reasons that no evaluation can give: they are the redeemer's own, or found after the evaluation allowed. */
const LOCAL: ReadonlySet<ReasonCode> = new Set<ReasonCode>(['stopped'])
const SIMULATED: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'signature_refused',
  'execution_failed',
  'disagreement',
])

/** Does the same action under the same grant at the recorded state give the same verdict? */
export function checkVerdict(
  statement: Decision,
  read: GrantRead | undefined,
  request: RequestRead | undefined,
): Check {
  const { verdict } = statement
  const refused = 'family' in verdict ? verdict.code : undefined
  if (refused !== undefined && LOCAL.has(refused)) {
    return found('verdict', 'attested', 'verdict_local', 'The issuer says that it had stopped this; no chain shows it.')
  }
  if (statement.state === undefined) {
    if (refused === 'state_missing') {
      return found(
        'verdict',
        'attested',
        'verdict_local',
        'The issuer says that it could not read the chain, and so refused.',
      )
    }
    const status = verdict.result === 'allowed' ? 'refuted' : 'unavailable'
    return found(
      'verdict',
      status,
      'verdict_without_state',
      'No state is recorded from which this verdict could follow.',
    )
  }
  if (read === undefined || request === undefined) {
    return found('verdict', 'unavailable', 'evidence_missing', 'The grant or the request is not here.')
  }
  if (read.unprepared !== undefined) {
    const detail = 'The grant has constraints that this verifier cannot evaluate.'
    return found('verdict', 'unavailable', 'evaluation_not_supported', detail, { cause: read.unprepared })
  }
  if (read.prepared === undefined) {
    return found('verdict', 'unavailable', 'environment_missing', 'The deployment of the framework is not known.')
  }
  let again: Verdict
  try {
    again = evaluate(read.prepared, request.request, readState(statement.state))
  } catch (error) {
    return found('verdict', 'refuted', 'verdict_mismatch', 'No verdict follows from this grant.', {
      cause: causeOf(error),
    })
  }
  if (refused !== undefined && SIMULATED.has(refused)) {
    return again.verdict === 'allow'
      ? found(
          'verdict',
          'attested',
          'verdict_simulated',
          'The grant allows it; that a simulation failed is the issuer’s word.',
        )
      : found(
          'verdict',
          'refuted',
          'verdict_mismatch',
          'The grant refuses this action; the receipt says that only a simulation did.',
        )
  }
  return equal(describeVerdict(again, verdict.stage), verdict)
    ? proven('verdict', 'Evaluated again, given the recorded state, the verdict is the same.')
    : found('verdict', 'refuted', 'verdict_mismatch', 'Evaluated again, the verdict is another.', {
        cause: again.verdict === 'deny' ? again.code : again.verdict,
      })
}

/** Was the recorded state that of the chain? */
export function checkState(statement: Decision, facts: ChainFacts | undefined): Check[] {
  if (statement.state === undefined) return []
  const recorded = readState(statement.state)
  if (facts === undefined) {
    return [found('state', 'attested', 'state_attested', 'The state is the issuer’s word: no chain was asked.')]
  }
  if (facts.chainId !== recorded.chainId) {
    return [found('state', 'unavailable', 'facts_other_chain', 'The facts are about another chain.')]
  }
  const number = recorded.block.number.toString()
  const block = checkBlock('state', number, recorded.block.hash, facts)
  if (block !== undefined) return [block]
  const read = facts.states?.[number]
  if (read === undefined) {
    return [
      found('state', 'unavailable', 'facts_missing', 'The chain’s state at that block was not read.', { at: number }),
    ]
  }
  return [compareStates(recorded, read)]
}

/** Refuted or unavailable unless the chain has this block; `undefined` when it has. */
export function checkBlock(
  check: 'state' | 'outcome' | 'revocation',
  number: string,
  hash: Hex,
  facts: ChainFacts,
): Check | undefined {
  const canonical = facts.blocks?.[number]
  if (canonical === undefined || canonical === null) {
    // A node that lags has no such block either: not having it refutes nothing.
    return found(check, 'unavailable', 'facts_missing', 'The chain was not seen to have that block.', { at: number })
  }
  if (canonical === hash) return undefined
  return found(check, 'refuted', 'block_not_canonical', 'The chain has another block at that height.', { at: number })
}

function compareStates(recorded: State, read: State): Check {
  const same =
    recorded.manager === read.manager &&
    recorded.block.hash === read.block.hash &&
    recorded.block.timestamp === read.block.timestamp &&
    recorded.paused === read.paused
  if (!same) return found('state', 'refuted', 'state_contradicted', 'The chain says otherwise.', { at: 'block' })
  for (const part of ['disabled', 'nonces', 'counters'] as const) {
    for (const [key, value] of Object.entries<unknown>(recorded[part])) {
      const actual: unknown = (read[part] as Readonly<Record<string, unknown>>)[key]
      if (actual === undefined) {
        return found('state', 'unavailable', 'facts_missing', 'A part of the state was not read.', {
          at: `${part}/${key}`,
        })
      }
      if (text(actual) !== text(value)) {
        return found('state', 'refuted', 'state_contradicted', 'The chain says otherwise.', { at: `${part}/${key}` })
      }
    }
  }
  return proven('state', 'The chain had this state at that block.')
}

function text(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([key, item]) => `${key}=${item}`)
    .sort()
    .join()
}
