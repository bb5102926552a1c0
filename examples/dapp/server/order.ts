import { decodeFunctionData, encodeFunctionData, erc20Abi, type LocalAccount } from 'viem'
import {
  type ActionRequest,
  checkRequest,
  createRequest,
  hashRequest,
  signRequest,
} from '../../../src/receipt/index.ts'
import { ExampleError } from './errors.ts'
import type { PaymentRequest } from './wire.ts'

type Hex = `0x${string}`

/** One payment that the agent signed for: these very calls, under this grant, submitted by this redeemer, once, until then. */
export type Order = {
  /** Names it. */
  hash: Hex
  request: ActionRequest
  payment: { to: Hex; amount: bigint }
}

/** Longest that an order may wait to be sent, seconds. */
export const MAX_ORDER_SECONDS = 300
const MAX_REASON = 280

/** An order of the agent's, as it travels. */
export async function signOrder(
  agent: LocalAccount,
  order: {
    chainId: number
    grant: Hex
    redeemer: Hex
    token: Hex
    to: Hex
    /** Base units. */
    amount: bigint
    /** Two orders of the same payment have two numbers. */
    number: bigint
    /** Unix seconds. */
    deadline: bigint
    reason: string
  },
): Promise<PaymentRequest> {
  const { chainId, redeemer, token, to, amount, reason, grant, number, deadline } = order
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, amount] })
  const action = { chainId, redeemer, calls: [{ to: token, value: 0n, data }], reason }
  const { signature } = await signRequest(agent as never, createRequest(action, { grant, number, deadline }))
  return { grant, token, data, number: number.toString(), deadline: deadline.toString(), reason, signature }
}

/**
 * Reads an order from anybody, and believes nothing: it must be this agent's signature over one payment, to this redeemer,
 * until soon.
 *
 * @param now - Unix seconds.
 * @throws {@link ExampleError} `example.request_refused`; `ReceiptError` for a signature of somebody else.
 */
export function readOrder(
  body: Record<string, unknown>,
  { chainId, agent, redeemer, now }: { chainId: number; agent: Hex; redeemer: Hex; now: bigint },
): Order {
  const { grant, token, data, number, deadline, reason, signature } = body
  const uint = (value: unknown) => (typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : undefined)
  const until = uint(deadline)
  if (until === undefined || until <= now || until > now + BigInt(MAX_ORDER_SECONDS)) throw refused('deadline')
  if (typeof reason !== 'string' || reason.length > MAX_REASON) throw refused('reason')
  if (typeof signature !== 'string' || !/^0x[0-9a-f]{130}$/.test(signature)) throw refused('signature')
  const request = {
    ...{ chainId, grant, redeemer, reason, deadline: until },
    number: uint(number),
    calls: [{ to: token, value: 0n, data }],
  } as ActionRequest
  checkRequest({ request, signature: signature as Hex }, agent)
  return { hash: hashRequest(request), request, payment: paymentOf(request) }
}

function paymentOf({ calls: [call] }: ActionRequest): Order['payment'] {
  try {
    const { functionName, args } = decodeFunctionData({ abi: erc20Abi, data: call?.data ?? '0x' })
    if (functionName === 'transfer') return { to: args[0].toLowerCase() as Hex, amount: args[1] }
  } catch {
    // Not a call of a token at all: as refused as any other that is no payment.
  }
  throw refused('data')
}

function refused(what: string): ExampleError {
  return new ExampleError('example.request_refused', 'This is not an order that the redeemer takes.', {
    details: { what },
    fix: 'Have the agent sign one token payment, with a reason in one sentence and a deadline within five minutes.',
  })
}
