import { parseErc6492Signature, type TypedDataDefinition } from 'viem'
import { taskScope } from '../caveats/taskScope/terms.ts'
import type { Caveat } from '../caveats/types.ts'
import { type Address, byteLength, type Hex, isHex, parseHex, sliceBytes } from '../primitives/hex.ts'
import { DelegationError, type DelegationErrorCode } from './errors.ts'
import { type Domain, signingHash } from './hash.ts'
import { assertDelegation } from './shape.ts'
import { recoverSigner } from './signature.ts'
import { ANY_DELEGATE, type Delegation } from './types.ts'

/** Any viem account that signs typed data: a local key, an EIP-7702 account, a smart account of the kit. */
export type SigningAccount<definition = DelegationTypedData> = {
  address: Address
  /** `'local'`: one key, which must be the account's own. Anything else is judged by the account's contract. */
  type?: string
  signTypedData(definition: definition): Promise<Hex>
}

/** Dangers that are refused unless the caller names them. */
export type SigningDanger = 'no_caveats' | 'open_delegate' | 'zero_salt'

export type SignParameters = Domain & { delegation: Delegation; accept?: readonly SigningDanger[] }

const TYPES = {
  Caveat: [
    { name: 'enforcer', type: 'address' },
    { name: 'terms', type: 'bytes' },
  ],
  Delegation: [
    { name: 'delegate', type: 'address' },
    { name: 'delegator', type: 'address' },
    { name: 'authority', type: 'bytes32' },
    { name: 'caveats', type: 'Caveat[]' },
    { name: 'salt', type: 'uint256' },
  ],
} as const

export type DelegationTypedData = TypedDataDefinition<typeof TYPES, 'Delegation'>

/** EIP-712 typed data of a delegation, for accounts that can only sign raw typed data. `args` and `signature` are not in it. */
export function delegationTypedData({ delegation, chainId, manager }: SignParameters): DelegationTypedData {
  assertDelegation(delegation)
  const { delegate, delegator, authority, caveats, salt } = delegation
  return {
    domain: { name: 'DelegationManager', version: '1', chainId, verifyingContract: manager },
    types: TYPES,
    primaryType: 'Delegation',
    message: {
      delegate,
      delegator,
      authority,
      caveats: caveats.map(({ enforcer, terms }) => ({ enforcer, terms })),
      salt: BigInt(salt),
    },
  }
}

/**
 * The delegation with its delegator's signature.
 *
 * A local account's answer is checked; a contract account's can only be judged on chain (`checkChain` takes that answer).
 *
 * @throws {@link DelegationError} `delegation.no_caveats`, `delegation.open_delegate` (not where a request key has to sign
 * each redemption), `delegation.zero_salt` unless in `accept`; `delegation.wrong_signer` when the account is not the
 * delegator; `delegation.signing_failed` when the account threw (its error is the cause); `delegation.bad_signature` when
 * what it answered is not a signature of the delegator.
 */
export async function signDelegation(account: SigningAccount, parameters: SignParameters): Promise<Delegation> {
  const { delegation, accept = [] } = parameters
  assertDelegation(delegation)
  for (const danger of dangersOf(delegation)) if (!accept.includes(danger)) throw refused(danger)
  if (account.address.toLowerCase() !== delegation.delegator) {
    throw new DelegationError('delegation.wrong_signer', 'Only the delegator can sign a delegation.', {
      details: { account: account.address, delegator: delegation.delegator },
      fix: "Sign with the delegator's account.",
    })
  }
  const signature = await askForSignature(account, delegationTypedData(parameters), signingHash(delegation, parameters))
  return { ...delegation, signature }
}

/**
 * What an account signs of typed data, as contracts take it. A local account's answer is checked against the digest.
 *
 * @throws {@link DelegationError} `delegation.signing_failed`, `delegation.bad_signature`.
 */
export async function askForSignature<definition>(
  account: SigningAccount<definition>,
  typedData: definition,
  digest: Hex,
): Promise<Hex> {
  const answer = await askFor(account, typedData)
  return account.type === 'local'
    ? ownSignature(answer, digest, account.address.toLowerCase() as Address)
    : unwrap(answer)
}

function dangersOf({ caveats, delegate, salt }: Delegation): SigningDanger[] {
  const dangers: SigningDanger[] = []
  if (caveats.length === 0) dangers.push('no_caveats')
  if (delegate === ANY_DELEGATE && !caveats.some(asksForKey)) dangers.push('open_delegate')
  if (BigInt(salt) === 0n) dangers.push('zero_salt')
  return dangers
}

/**
 * Whether these terms demand a signature of a request key, so that whoever submits has no authority of its own. That their
 * enforcer is the one which reads them so is for whoever knows the deployment.
 */
function asksForKey({ terms }: Caveat): boolean {
  try {
    return taskScope.decode(terms).requestKey !== null
  } catch {
    return false
  }
}

async function askFor<definition>(account: SigningAccount<definition>, typedData: definition): Promise<Hex> {
  let answer: unknown
  try {
    answer = await account.signTypedData(typedData)
  } catch (cause) {
    throw new DelegationError('delegation.signing_failed', 'The account did not sign.', {
      details: { account: account.address },
      fix: 'See the cause: the key may be locked, or the request was turned down.',
      cause,
    })
  }
  // 4 KB holds any multi-signature the framework's accounts know.
  if (typeof answer !== 'string' || answer.length > 8_194 || !isHex(answer.toLowerCase())) {
    throw badSignature('not_hex', account.address)
  }
  return parseHex(answer)
}

/** One key's signature: some devices answer 0 or 1 where the framework wants 27 or 28. */
function ownSignature(answer: Hex, digest: Hex, address: Address): Hex {
  const last = byteLength(answer) === 65 ? Number(sliceBytes(answer, 64)) : 255
  const signature: Hex = last < 2 ? (`${sliceBytes(answer, 0, 64)}${(last + 27).toString(16)}` as Hex) : answer
  const recovery = recoverSigner(digest, signature)
  if (recovery.status === 'invalid') throw badSignature(recovery.reason, address)
  if (recovery.signer !== address) throw badSignature('other_signer', address)
  return signature
}

/** viem wraps the signature of an account that is not deployed yet (ERC-6492); the manager knows no such wrapping. */
function unwrap(answer: Hex): Hex {
  const { signature } = parseErc6492Signature(answer)
  if (byteLength(signature) === 0) throw badSignature('wrong_length', null)
  return parseHex(signature)
}

function badSignature(reason: string, account: Address | null): DelegationError {
  return new DelegationError('delegation.bad_signature', 'What the account answered is not its signature.', {
    details: { reason, account },
    fix: 'Check which key the account holds, and the chain it signs for.',
  })
}

const DANGERS: Readonly<Record<SigningDanger, readonly [code: DelegationErrorCode, message: string, fix: string]>> = {
  no_caveats: [
    'delegation.no_caveats',
    'A delegation without caveats gives the whole account away.',
    "Add caveats, or pass accept: ['no_caveats'].",
  ],
  open_delegate: [
    'delegation.open_delegate',
    'Anyone could redeem this delegation.',
    "Name a delegate, or pass accept: ['open_delegate'].",
  ],
  zero_salt: [
    'delegation.zero_salt',
    'A salt of zeros makes equal delegations one: it may be revoked already.',
    "Give 32 random bytes of salt, or pass accept: ['zero_salt'].",
  ],
}

function refused(danger: SigningDanger): DelegationError {
  const [code, message, fix] = DANGERS[danger]
  return new DelegationError(code, message, { fix })
}
