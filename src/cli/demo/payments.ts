import { keccak256, toHex } from 'viem'
import type { Address } from '../../primitives/hex.ts'
import type { Call, Dataset } from './dataset.ts'

/** Who is paid and how much: an IBAN or name of the data set, and display units of the local stablecoin. */
export type Payment = { recipient: string; amount: string }

/** A payment of which only what the principal's prompt or the bank's ledger says is known. */
export type KnownPayment = {
  [key in keyof Payment]: { value: Payment[key]; source: 'principal' | 'ledger' } | undefined
}

/** Decimals of the local stablecoin that stands for the data set's currency. */
export const DECIMALS = 6

/** The account that stands for an IBAN (or a payee's name) of the data set. Nobody holds its key. */
export function accountOf(iban: string): Address {
  return `0x${keccak256(toHex(`ambit demo account: ${iban}`)).slice(26)}`
}

/**
 * What a money-moving call pays. A standing order is its next instalment: `update_scheduled_transaction` keeps, as the
 * bank does, what it does not name.
 */
export function paymentOf(dataset: Dataset, call: Call): Payment | undefined {
  const order = standingOrder(dataset, call.args['id'])
  const recipient = call.args['recipient'] ?? order?.recipient
  const amount = call.args['amount'] ?? order?.amount
  return typeof recipient === 'string' && typeof amount === 'number'
    ? { recipient, amount: decimal(amount) }
    : undefined
}

/**
 * The same, seen by whoever writes the scope *before* the agent has run: values marked `prompt` or `ledger` only. What
 * came out of a file, a memo line or a computation is unknown then, and stays out.
 */
export function knownPayment(dataset: Dataset, call: Call): KnownPayment {
  const known = call.known_from
  const order = known?.args?.['id'] === 'ledger' ? standingOrder(dataset, call.args['id']) : undefined
  return {
    recipient:
      trusted(known?.counterparty, call.args['recipient']) ?? fromLedger(call.args['recipient'], order?.recipient),
    amount: trusted(known?.amount, call.args['amount'], (amount) => decimal(amount as number)),
  }

  function trusted(origin: string | undefined, value: unknown, render = (x: unknown) => String(x)) {
    if (origin !== 'prompt' && origin !== 'ledger') return undefined
    if (value === undefined) return undefined
    return { value: render(value), source: origin === 'prompt' ? ('principal' as const) : ('ledger' as const) }
  }
}

/** An order's own recipient, where the call names none: the ledger knows it, whatever the agent reads. */
function fromLedger(named: unknown, recipient: string | undefined) {
  return named === undefined && recipient !== undefined ? { value: recipient, source: 'ledger' as const } : undefined
}

function standingOrder(dataset: Dataset, id: unknown) {
  return dataset.environment.bank_account.scheduled_transactions.find((entry) => entry.id === id)
}

/** The data set writes amounts as JSON numbers of at most two decimals; from here on they are decimal text. */
function decimal(amount: number): string {
  const text = amount.toFixed(2)
  return text.replace(/\.?0+$/, '')
}
