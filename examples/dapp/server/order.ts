import { decodeFunctionData, encodeFunctionData, erc20Abi, type LocalAccount } from 'viem'
import { decodeCaveat, type Environment, encodeCaveat } from '../../../src/caveats/index.ts'
import {
  type Call,
  type Delegation,
  decodeContext,
  encodeContext,
  hashDelegation,
  recoverSigner,
  signDelegation,
  signingHashOf,
} from '../../../src/delegation/index.ts'
import { ExampleError } from './errors.ts'

type Hex = `0x${string}`

/**
 * What the agent signs when it asks for a payment: a delegation of its own to the redeemer, for one exact call, once, until
 * a deadline. Its key holds nothing and pays no gas, and the redeemer's key alone can move nothing: the manager wants both.
 */
export type Order = {
  /** Signed; hangs under the grant's leaf. */
  link: Delegation
  /** Names the order. */
  hash: Hex
  call: Call
  payment: { to: Hex; amount: bigint }
}

/** Longest that an order may wait to be sent, seconds. */
export const MAX_ORDER_SECONDS = 300

/** The order for one payment, signed by the agent, as the context that travels. */
export async function signOrder(
  agent: LocalAccount,
  parameters: {
    environment: Environment
    /** Hash of the grant's leaf. */
    under: Hex
    redeemer: Hex
    token: Hex
    to: Hex
    amount: bigint
    /** Unix seconds. */
    deadline: bigint
    /** 32 random bytes: two orders of the same payment are two orders. */
    salt: Hex
  },
): Promise<Hex> {
  const { environment, under, redeemer, token, to, amount, deadline, salt } = parameters
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, amount] })
  const link = await signDelegation(agent as never, {
    chainId: environment.chainId,
    manager: environment.manager,
    delegation: {
      delegate: redeemer,
      delegator: agent.address.toLowerCase() as Hex,
      authority: under,
      caveats: [
        encodeCaveat(environment, { kind: 'exactExecution', target: token, value: 0n, data }),
        encodeCaveat(environment, { kind: 'limitedCalls', limit: 1n }),
        encodeCaveat(environment, { kind: 'timestamp', after: 0n, before: deadline }),
      ],
      salt,
      signature: '0x',
    },
  })
  return encodeContext([link])
}

/**
 * Reads an order from anybody, and believes nothing: it must be this agent's signature over one payment, under this leaf,
 * to this redeemer, once, until soon.
 *
 * @param leaf - Of the grant: its delegate is the agent.
 * @param now - Unix seconds.
 * @throws {@link ExampleError} `example.request_refused`; `DelegationError` for bytes that are no context.
 */
export function readOrder(
  context: unknown,
  { environment, leaf, redeemer, now }: { environment: Environment; leaf: Delegation; redeemer: Hex; now: bigint },
): Order {
  const [link, ...more] = decodeContext(context)
  if (link === undefined || more.length > 0) throw refused('links')
  if (link.authority !== hashDelegation(leaf)) throw refused('authority')
  if (link.delegator !== leaf.delegate) throw refused('delegator')
  if (link.delegate !== redeemer) throw refused('delegate')
  const [exact, once, until, ...others] = link.caveats.map((caveat) => decodeCaveat(environment, caveat))
  if (exact?.kind !== 'exactExecution' || others.length > 0) throw refused('call')
  if (once?.kind !== 'limitedCalls' || once.limit !== 1n) throw refused('once')
  if (until?.kind !== 'timestamp' || until.before <= now || until.before > now + BigInt(MAX_ORDER_SECONDS)) {
    throw refused('deadline')
  }
  const hash = hashDelegation(link)
  const signer = recoverSigner(signingHashOf(hash, environment), link.signature)
  if (signer.status !== 'signed' || signer.signer !== link.delegator) throw refused('signature')
  const call = { to: exact.target, value: exact.value, data: exact.data }
  return { link, hash, call, payment: paymentOf(call) }
}

function paymentOf({ value, data }: Call): Order['payment'] {
  try {
    const { functionName, args } = decodeFunctionData({ abi: erc20Abi, data })
    if (functionName === 'transfer' && value === 0n) {
      return { to: args[0].toLowerCase() as Hex, amount: args[1] }
    }
  } catch {
    // Not a call of a token at all: as refused as any other that is no payment.
  }
  throw refused('payment')
}

function refused(what: string): ExampleError {
  return new ExampleError('example.request_refused', 'This is not an order that the redeemer takes.', {
    details: { what },
    fix: 'Have the agent sign one token payment, once, within five minutes, under the grant and to this redeemer.',
  })
}
