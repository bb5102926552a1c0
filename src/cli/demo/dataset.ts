import { z } from 'zod'

/**
 * The part of AgentDojo's banking suite that the demo reads (test/data/NOTICE.md): what users asked for, what an agent
 * that does it right calls, what injected text tells the agent to call, and the bank's own ledger.
 */

/** Where an agent could know a value from. Only `prompt` and `ledger` are trusted enough to enter a scope. */
const Origin = z.enum(['prompt', 'ledger', 'ledger-memo', 'file', 'derived'])
export type Origin = z.output<typeof Origin>

const Call = z.object({
  function: z.string(),
  args: z.record(z.string(), z.unknown()),
  known_from: z
    .object({
      amount: Origin.optional(),
      counterparty: Origin.optional(),
      args: z.record(z.string(), Origin).optional(),
    })
    .optional(),
})
export type Call = z.output<typeof Call>

const Entry = z.object({ id: z.int(), recipient: z.string(), amount: z.number() })

export const Dataset = z.object({
  dataset: z.literal('agentdojo-banking'),
  attacker: z.object({ iban: z.string() }),
  environment: z.object({
    bank_account: z.object({
      balance: z.number(),
      iban: z.string(),
      transactions: z.array(Entry),
      scheduled_transactions: z.array(Entry),
    }),
  }),
  tools: z.record(z.string(), z.object({ effect: z.string() })),
  user_tasks: z.array(z.object({ id: z.string(), prompt: z.string(), calls: z.array(Call) })),
  injection_tasks: z.array(z.object({ id: z.string(), goal: z.string(), calls: z.array(Call) })),
})
export type Dataset = z.output<typeof Dataset>

/** True for a call that moves money now or by a standing order. */
export function movesMoney(dataset: Dataset, call: Call): boolean {
  const effect = dataset.tools[call.function]?.effect
  return effect === 'money' || effect === 'money-standing'
}

/** True for a call that only looks. */
export function onlyReads(dataset: Dataset, call: Call): boolean {
  return dataset.tools[call.function]?.effect === 'read'
}
