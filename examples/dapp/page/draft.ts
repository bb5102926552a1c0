import { formatUnits, parseUnits } from 'viem'
import { parseScope, type Scope } from '../../../src/scope/index.ts'
import type { ExampleConfig } from '../server/wire.ts'

type Hex = `0x${string}`

/** What the person has filled in: text as it stands in the fields. */
export type Draft = { amount: string; payees: readonly Hex[]; days: number; purpose: string }

export const LIFETIMES = [
  { days: 1, label: 'a day' },
  { days: 7, label: 'a week' },
  { days: 30, label: '30 days' },
  { days: 365, label: 'a year' },
] as const

const DAY = 86_400

export function firstDraft({ payees }: ExampleConfig): Draft {
  return {
    amount: '25',
    payees: payees.slice(0, 1).map(({ address }) => address),
    days: 30,
    purpose: 'Pay for model usage',
  }
}

/** Base units a day, or why the text is no amount. */
export function readAmount(text: string, decimals: number): { amount: bigint } | { trouble: string } {
  const match = /^\d{1,12}(?:\.(\d+))?$/.exec(text.trim())
  if (match === null) return { trouble: 'Write digits and at most one point, for example 12.50.' }
  if ((match[1]?.length ?? 0) > decimals) return { trouble: `Write at most ${decimals} decimals.` }
  const amount = parseUnits(text.trim(), decimals)
  return amount > 0n ? { amount } : { trouble: 'Give more than nothing.' }
}

/** Seconds that the newest block may be behind the page's clock: a grant that begins now would not have begun for the chain. */
const BEHIND = 60

/**
 * The scope that the answers come to. The delegate is the account with which the redeemer submits what the agent signs.
 *
 * @param principal - Absent: nobody is connected yet, and it is for the preview only.
 * @param amount - Base units a day.
 * @param now - Unix seconds by the page's clock.
 */
export function scopeOf(
  config: ExampleConfig,
  answers: { draft: Draft; amount: bigint; principal: string | undefined; now: number },
): Scope {
  const { draft, amount, principal = NOBODY, now } = answers
  const { token, redeemer, chainId } = config
  const start = now - BEHIND
  return parseScope({
    version: 1,
    task: { id: 'allowance', purpose: draft.purpose.trim() || 'Not said' },
    chainId,
    principal,
    delegate: redeemer.address,
    rules: [{ id: 'pay', class: 'transfer', asset: token.address, to: draft.payees, budget: 'daily' }],
    budgets: {
      daily: {
        assets: { [token.address]: '1' },
        max: formatUnits(amount, token.decimals),
        per: 'P1D',
        window: 'fixed',
      },
    },
    notBefore: instant(start),
    expiry: instant(start + draft.days * DAY),
    redelegation: { maxDepth: 0 },
    revocation: { group: 'allowance', maxLatencySeconds: 60 },
    evidence: { receipts: ['decision', 'outcome'], retain: 'P1Y' },
    assets: { [token.address]: { symbol: token.symbol, decimals: token.decimals } },
  })
}

const NOBODY = '0x0000000000000000000000000000000000000001'

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '')
}
