import { formatInstant } from '../primitives/time.ts'
import { type Escalation, escalationStatus } from '../redemption/escalation.ts'
import type { Scope } from '../scope/types.ts'
import type { Context, Data } from './command.ts'
import { facts, lines, type Rich, styled, table, untrusted } from './output.ts'
import { section } from './scopeText.ts'

/** A question for machines: what would be signed, and what became of it. The grant is named, not repeated. */
export function escalationData(escalation: Escalation, now: bigint): { [member: string]: Data } {
  const { grant, ...rest } = escalation
  return {
    ...(rest as unknown as { [member: string]: Data }),
    status: escalationStatus(escalation, now),
    grant: grant.id,
  }
}

export async function escalationTable(escalations: readonly Escalation[], now: bigint): Promise<Rich> {
  const { askedInWords } = await import('../redemption/escalationWords.ts')
  const rows = escalations.map((escalation) => {
    const scope = escalation.grant.scopes.at(-1) as Scope
    const { requested, threshold } = askedInWords(escalation, scope)
    return [
      `#${escalation.number}`,
      statusText(escalation, now),
      requested,
      threshold,
      scope.task.id,
      formatInstant(escalation.expires),
      escalation.confirmer,
    ]
  })
  return table(['#', 'STATUS', 'REQUESTED', 'ALLOWED ALONE', 'TASK', 'UNTIL', 'CONFIRMER'], rows)
}

/** One question: what the bytes say stands beside what the agent says, and never the other way round. */
export async function renderEscalation(escalation: Escalation, context: Pick<Context, 'now'>): Promise<Rich> {
  const { callsInWords } = await import('../redemption/callWords.ts')
  const { askedInWords, limitsInWords } = await import('../redemption/escalationWords.ts')
  const { encodeCalls } = await import('../delegation/execution.ts')
  const { action, request, grant, rule, number, confirmer, expires, decision } = escalation
  const scope = grant.scopes.at(-1) as Scope
  const { requested, threshold } = askedInWords(escalation, scope)
  const calls = callsInWords(request ?? encodeCalls(action.calls), scope)
  return lines(
    facts([
      ['escalation', `#${number}`],
      ['status', statusText(escalation, context.now())],
      ['grant', `${grant.id} (task ${scope.task.id})`],
      ['rule', rule],
      ['requested', styled('bold', requested)],
      ['allowed alone', threshold],
      ...limitsInWords(scope, rule).map(({ name, text }): [string, Rich] => [name, text]),
      ['confirmer', confirmer],
      [
        'held by',
        request === null ? styled('yellow', HELD_BY_REDEEMER) : 'the chain: nothing passes without the signature',
      ],
      ['answer until', formatInstant(expires)],
      ['receipt', decision],
      ...settledRows(escalation),
    ]),
    section(
      request === null ? 'What would be done' : 'What is signed does',
      calls.map(({ sentence, args }) => [
        `  - ${sentence}\n`,
        ...args.map(({ name, type, value }) => `      ${untrusted(name).slice(1, -1)} (${type}): ${value}\n`),
      ]),
    ),
    action.reason === undefined ? undefined : section('What the agent says', `  ${untrusted(action.reason)}`),
  )
}

export const HELD_BY_REDEEMER =
  'whoever submits, not the chain: the framework’s caveats hold no threshold, and no signature can confirm it'

function statusText(escalation: Escalation, now: bigint): Rich {
  const status = escalationStatus(escalation, now)
  if (status === 'open') return styled('yellow', 'open')
  if (status === 'over') return styled('red', 'over: no answer is a no')
  if (status === 'rejected') return styled('red', status)
  const { settled } = escalation
  if (settled?.as !== 'confirmed' || settled.submission === null) return styled('cyan', 'confirmed, not submitted')
  return styled(settled.submission.status === 'executed' ? 'green' : 'red', settled.submission.status)
}

function settledRows({ settled }: Escalation): [string, Rich][] {
  if (settled === null) return []
  const at = formatInstant(settled.at)
  if (settled.as === 'rejected') {
    return [['rejected', at], ...(settled.why === null ? [] : [['why', untrusted(settled.why)] as [string, Rich]])]
  }
  const { submission } = settled
  if (submission === null) return [['confirmed', at]]
  const { code, transactionHash, receipts } = submission
  return [
    ['confirmed', at],
    ['submitted', formatInstant(submission.at)],
    ...(code === null ? [] : [['denied with', code] as [string, Rich]]),
    ...(transactionHash === null ? [] : [['transaction', transactionHash] as [string, Rich]]),
    ...(receipts.decision === null ? [] : [['receipt', receipts.decision] as [string, Rich]]),
    ...(receipts.outcome === null ? [] : [['receipt', receipts.outcome] as [string, Rich]]),
  ]
}
