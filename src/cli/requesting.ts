import type { LocalAccount } from 'viem'
import type { Environment } from '../caveats/types.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Grant } from '../grant/types.ts'
import { type Address, type Hex, parseHex } from '../primitives/hex.ts'
import { parseDuration } from '../primitives/time.ts'
import type { Requested } from '../redemption/request.ts'
import type { Action, ActionRequest, Escalate, Verdict } from '../verdict/types.ts'
import type { Context, Data, OptionSpec } from './command.ts'
import { CliError, KeyError } from './errors.ts'
import { EXIT } from './exit.ts'
import { loadSigner } from './keys.ts'
import { takeRequestNumber } from './requestNumbers.ts'
import type { Session } from './session.ts'

/** How long a request of ours may be submitted, seconds. */
const REQUEST_LIFE = 600n
/** Seconds beside the time that a question stands: what is confirmed at its end can still be included. */
const SUBMIT_LIFE = 120n

export const REQUEST_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--request-key <account>',
    description: 'whose key signs the request, where the grant asks for one and --account only submits it',
  },
  { flags: '--confirm <account>', description: 'account of the confirmer, where its key is here' },
  {
    flags: '--confirmation <signature>',
    description: 'what the confirmer signed elsewhere, with --request-number and --deadline',
  },
  {
    flags: '--request-number <number>',
    description: 'below 2^64, not used before (default: the next of this folder’s own)',
  },
  {
    flags: '--deadline <seconds>',
    description:
      'unix seconds until which the request may be submitted (default: in ten minutes, or when its question is over)',
  },
]

/**
 * The action with what its grant asks to be signed of it, as far as keys are here: the request key's signature and, where a
 * confirmer is named on the command line, the confirmer's. A grant that asks for nothing leaves it as it is. `asker`: whose
 * word the receipts take for what was asked, as far as that key is here.
 */
export async function withRequest(
  context: Context,
  session: Session,
  { grant, action: plain, signer }: { grant: Grant; action: Action; signer: LocalAccount },
): Promise<{ action: Action; requested: Requested | null; asker: LocalAccount }> {
  const above = await confirmAbove(context, session, grant, plain)
  const action = above === undefined ? plain : { ...plain, requestsAbove: above }
  const asked = await requestFor(context, session, grant, action)
  if (asked === null) return { action, requested: null, asker: signer }
  const { key, confirmer, request } = asked
  const { signRequest } = await import('../redemption/request.ts')
  const keyed = key === null ? undefined : await accountFor(context, session, 'requestKey', key, signer)
  const confirming =
    confirmer === null ? undefined : await accountFor(context, session, 'confirm', confirmer, undefined)
  const signature = keyed === undefined ? null : await signRequest(keyed as never, request)
  const given = context.options['confirmation'] as string | undefined
  const own = confirming === undefined ? null : await signRequest(confirming as never, request)
  const { number, deadline } = request
  const confirmation = given === undefined ? own : parseHex(given)
  // Neither signed nor to be: the chain wants no bytes where nobody has to sign.
  if (key === null && confirmation === null) return { action, requested: asked, asker: signer }
  const carried = { number, deadline, signature, confirmation }
  return { action: { ...action, request: carried }, requested: asked, asker: keyed ?? signer }
}

/** Who submits: whoever signs the transaction, where a request key says what; else the delegate itself. */
export function redeemerOf(grant: Grant, signer: Address | undefined): Address {
  const scope = grant.scopes.at(-1)
  const pinned = scope?.request?.redeemers
  const first = Array.isArray(pinned) ? (pinned as readonly Address[])[0] : undefined
  if (scope?.request !== undefined) return signer ?? first ?? scope.delegate
  return scope?.delegate ?? grant.manager
}

/**
 * What the confirmer of an escalation signs: the request of the link that it names, which takes a number of its own above the
 * leaf. `null` where the chain asks for no signature.
 *
 * @param asked.requested - What was asked of the leaf, where that was.
 */
export async function requestToConfirm(
  context: Context,
  session: Session,
  asked: { grant: Grant; action: Action; verdict: Escalate; requested: Requested | null },
): Promise<Requested | null> {
  const { grant, action, verdict, requested } = asked
  if (verdict.delegation === undefined) return null
  if (requested?.request.delegation === verdict.delegation) return requested
  return requestFor(context, session, grant, action, verdict.delegation)
}

/** For an escalation: what the confirmer signs, and how the same command goes on with it. */
export function confirmData(verdict: Verdict, requested: Requested | null): Data {
  if (verdict.verdict !== 'escalate' || requested === null) return null
  const { number, deadline, chainId, enforcer, delegation, mode, execution } = requested.request
  return {
    confirmer: verdict.confirmer,
    number,
    deadline,
    typedData: {
      domain: { name: 'TaskScopeEnforcer', version: '1', chainId, verifyingContract: enforcer },
      primaryType: 'Request',
      message: { delegation, mode, execution, number, deadline },
    },
  }
}

/**
 * What a confirmer who is on the command line signs for the links above the leaf: each has thresholds of its own, counts them by
 * its own caveat, and looks at no other link's signature. A link that turns out to need none ignores it.
 */
async function confirmAbove(
  context: Context,
  session: Session,
  grant: Grant,
  action: Action,
): Promise<Action['requestsAbove']> {
  if (context.options['confirm'] === undefined) return undefined
  const { hashDelegation } = await import('../delegation/hash.ts')
  const { signRequest } = await import('../redemption/request.ts')
  const [, ...above] = grant.branches[0]?.links ?? []
  const signed: Record<Hex, ActionRequest> = {}
  for (const index of above) {
    const delegation = hashDelegation(grant.delegations[index] as Delegation)
    const asked = await requestFor(context, session, grant, action, delegation)
    if (asked === null || asked.confirmer === null) continue
    const confirming = await accountFor(context, session, 'confirm', asked.confirmer, undefined)
    const { number, deadline } = asked.request
    const confirmation = await signRequest(confirming as never, asked.request)
    signed[delegation] = { number, deadline, signature: null, confirmation }
  }
  return Object.keys(signed).length === 0 ? undefined : signed
}

/** @param link - A delegation above the leaf: it takes a number of its own, whatever the command line says of the leaf's. */
async function requestFor(
  context: Context,
  session: Session,
  grant: Grant,
  action: Action,
  link?: Hex,
): Promise<Requested | null> {
  const { requestOf } = await import('../redemption/request.ts')
  const { RedemptionError } = await import('../redemption/errors.ts')
  const { readBlock } = await import('../chain/block.ts')
  const { timestamp } = await readBlock(session.node)
  const given = link === undefined ? readNumber(context, 'requestNumber', 64) : undefined
  const deadline = readNumber(context, 'deadline', 40) ?? timestamp + requestLife(grant)
  const environment: Environment = session.environment
  try {
    const about = { environment, action, deadline, ...(link === undefined ? {} : { delegation: link }) }
    const { request } = requestOf(grant, { ...about, number: given ?? 0n })
    const number = given ?? (await takeRequestNumber(context, request.delegation))
    return requestOf(grant, { ...about, number })
  } catch (error) {
    if (error instanceof RedemptionError && error.code === 'redemption.no_request') return null
    throw error
  }
}

/** A question can be answered for as long as its scope says: a request that ended before would make that a lie. */
function requestLife(grant: Grant): bigint {
  const timeout = grant.scopes.at(-1)?.escalation?.timeout
  const answered = timeout === undefined ? 0n : parseDuration(timeout) + SUBMIT_LIFE
  return answered > REQUEST_LIFE ? answered : REQUEST_LIFE
}

/** The account that an option names, else the one that pays, if it is whom the grant asks. */
async function accountFor(
  context: Context,
  session: Session,
  option: 'requestKey' | 'confirm',
  expected: Address,
  fallback: LocalAccount | undefined,
): Promise<LocalAccount | undefined> {
  const name = context.options[option] as string | undefined
  if (name === undefined) return fallback?.address.toLowerCase() === expected ? fallback : undefined
  const { keystore: _, ...options } = context.options
  const account = await loadSigner({ ...context, options: { ...options, account: name } }, session.choice)
  if (option === 'confirm' || account.address.toLowerCase() === expected) return account
  throw new KeyError('key.wrong_signer', 'This key is not the one that the grant asks for.', {
    details: { expected, signer: account.address },
    fix: 'Sign the request with the account of the grant’s request key.',
  })
}

function readNumber(context: Context, option: string, bits: number): bigint | undefined {
  const text = context.options[option] as string | undefined
  if (text === undefined) return undefined
  const value = /^(?:0|[1-9][0-9]{0,19})$/.test(text) ? BigInt(text) : -1n
  if (value >= 0n && value < 1n << BigInt(bits)) return value
  throw new CliError('cli.usage', EXIT.usage, 'This number is out of range.', {
    details: { option, value: text, bits },
    fix: `Give a whole number below 2^${bits}.`,
  })
}
