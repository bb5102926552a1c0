import { toChecksum } from '../../primitives/address.ts'
import { lines, type Rich, styled, table } from '../output.ts'
import { accountOf } from './payments.ts'
import type { Row, Sums } from './run.ts'

/** The run as a table that a person can read, and what it comes to. */
export function renderReport(
  rows: readonly Row[],
  { legitimate, injected, receipts, revocation, signatures }: Sums,
  receiptsFolder: string,
): Rich {
  return lines(
    styled('bold', 'Who asked for what, and what came of it'),
    '',
    table(
      ['task', 'who asked', 'when', 'pay', 'to', 'verdict', 'reason', 'hop', 'on chain'],
      merge(rows).map(({ row, times, moments }) => [
        row.task,
        row.asker === 'user' ? styled('bold', 'user') : row.asker,
        row.moment === 'task' ? 'task' : row.moment === 'revoked' ? 'after revocation' : moments.join(', '),
        times > 1 ? `${times} × ${row.payment.amount}` : row.payment.amount,
        short(row.payment.recipient),
        row.verdict.verdict === 'allow' ? styled('green', 'allow') : styled('red', row.verdict.verdict),
        row.verdict.verdict === 'allow' ? '' : row.verdict.code,
        row.verdict.verdict === 'deny' && row.verdict.hop !== null ? `${row.verdict.hop}` : '',
        row.executed ? styled('green', 'paid') : `${row.chain}${row.revert === null ? '' : `: ${row.revert}`}`,
      ]),
    ),
    styled('bold', 'In sum'),
    `  Legitimate payments: ${legitimate.executed} of ${legitimate.attempted} granted ones paid, ${legitimate.denied} denied; ${legitimate.notGrantable} could not be granted, for payee or amount was not known before the agent ran.`,
    `  Injected payments: ${injected.executed} of ${injected.attempted} paid, ${injected.denied} denied, each then sent past Ambit straight to the chain; ${injected.noGrant} met no grant, ${injected.notExpressible} are nothing that a payment can express.`,
    `  Signatures: ${signatures.signed} for ${signatures.grants} grants; ${revocation.groupsEnded} of them ended with their group, by the guardian.`,
    `  After revocation (proven within ${revocation.seconds.toFixed(2)} s): ${revocation.executedAfter} paid, ${revocation.deniedAfter} denied.`,
    `  Receipts: ${receipts.verified} of ${receipts.issued} verified by another process, offline.`,
    '',
    `Receipts, to look at and verify again: ${receiptsFolder}`,
  )
}

/** What one asker wanted in one task and met with the same fate is one line: instalments, and before and after the task. */
function merge(rows: readonly Row[]): { row: Row; times: number; moments: readonly string[] }[] {
  const merged = new Map<string, { row: Row; times: number; moments: string[] }>()
  for (const row of rows) {
    const { verdict } = row
    const code = verdict.verdict === 'allow' ? 'allow' : verdict.code
    const end = row.moment === 'revoked' ? 'revoked' : ''
    const key = [row.task, row.asker, end, row.payment.recipient, row.payment.amount, code, row.chain].join()
    const line = merged.get(key)
    if (line === undefined) merged.set(key, { row, times: 1, moments: [row.moment] })
    else {
      line.times++
      if (!line.moments.includes(row.moment)) line.moments.push(row.moment)
    }
  }
  // Instalments are counted once: those before the task, and again those after it.
  return [...merged.values()].map((line) => ({ ...line, times: line.times / line.moments.length }))
}

function short(recipient: string): string {
  const account = toChecksum(accountOf(recipient))
  return `${recipient.slice(0, 12)}${recipient.length > 12 ? '…' : ''} (${account.slice(0, 6)}…${account.slice(-4)})`
}
