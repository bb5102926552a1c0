import { parseUnits } from 'viem'
import type { ExampleConfig } from '../server/wire.ts'

type Hex = `0x${string}`

/** What the person has filled in: text as it stands in the fields. */
export type Draft = { amount: string; payee: Hex; days: number; purpose: string }

export const LIFETIMES = [
  { days: 1, label: 'a day' },
  { days: 7, label: 'a week' },
  { days: 30, label: '30 days' },
  { days: 365, label: 'a year' },
] as const

export const DAY = 86_400

export function firstDraft({ payees }: ExampleConfig): Draft {
  return { amount: '25', payee: payees[0]?.address ?? '0x', days: 30, purpose: 'Pay for model usage' }
}

/** Base units a day, or why the text is no amount. */
export function readAmount(text: string, decimals: number): { amount: bigint } | { trouble: string } {
  const match = /^\d{1,12}(?:\.(\d+))?$/.exec(text.trim())
  if (match === null) return { trouble: 'Write digits and at most one point, for example 12.50.' }
  if ((match[1]?.length ?? 0) > decimals) return { trouble: `Write at most ${decimals} decimals.` }
  const amount = parseUnits(text.trim(), decimals)
  return amount > 0n ? { amount } : { trouble: 'Give more than nothing.' }
}
