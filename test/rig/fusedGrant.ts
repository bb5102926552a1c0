import { bytesToHex, type LocalAccount } from 'viem'
import { compile } from '../../src/compile/compile.ts'
import type { SigningAccount } from '../../src/delegation/sign.ts'
import { signGrant } from '../../src/grant/create.ts'
import { type Group, groupsOf } from '../../src/grant/ending.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { formatInstant } from '../../src/primitives/time.ts'
import { parseScope } from '../../src/scope/parse.ts'
import type { ScopeDocument } from '../../src/scope/schema.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'
import { addressOf } from './grant.ts'

const UNIT = 1_000_000n
let salts = 0

export type FusedGrantOptions = {
  principal: LocalAccount
  agent: LocalAccount
  /** Smart account that the principal's key signs for. */
  as?: Address
  payees: readonly Address[]
  more?: Partial<ScopeDocument>
  /** Instead of the one payment rule. */
  rules?: ScopeDocument['rules']
}

/**
 * A grant in one caveat, through the compiler: payments of the chain's token to some payees, at most 50 each and 200 in any
 * day, a thousand calls a day, for a month from ten seconds ago.
 */
export async function fusedGrant(chain: LocalChain, options: FusedGrantOptions): Promise<Grant> {
  const { principal, agent, as, payees, more = {}, rules } = options
  const { timestamp: now } = await chain.publicClient.getBlock()
  const { address: token, symbol, decimals } = chain.token
  const document = {
    version: 1,
    task: { id: 'invoices', purpose: 'Pay the invoices' },
    chainId: chain.chainId,
    principal: as ?? addressOf(principal),
    delegate: addressOf(agent),
    rules: rules ?? [{ id: 'pay', class: 'transfer', asset: token, to: payees, max: '50', budget: 'day' }],
    budgets: { day: { assets: { [token]: '1' }, max: '200', per: 'P1D', window: 'rolling' } },
    calls: { max: 1_000, per: 'P1D', window: 'fixed' },
    notBefore: formatInstant(now - 10n),
    expiry: formatInstant(now + 30n * 86_400n),
    redelegation: { maxDepth: 0 },
    revocation: { group: `group-${salts}`, maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1Y' },
    ...more,
  }
  const scope = parseScope(document, { assets: { [token]: { symbol, decimals } }, now })
  const salt = () => bytesToHex(new Uint8Array(32).fill(0x51).map((byte, at) => (byte * (at + ++salts)) % 256))
  const plan = compile(scope, chain.environment, { salt, nonce: 0n, lowering: 'fused' })
  const account = as === undefined ? (principal as SigningAccount) : ownerOf(principal, as)
  return signGrant(scope, plan, account)
}

/** Display units of the chain's token in base units. */
export const units = (amount: bigint): bigint => amount * UNIT

/** The group that a grant of one caveat names. */
export function groupOf(chain: LocalChain, grant: Grant): Group {
  const [found] = groupsOf(grant, chain.environment)
  if (found === undefined) throw new RangeError('The grant names no group.')
  const { delegations: _, ...group } = found
  return group
}

function ownerOf(owner: LocalAccount, address: Address): SigningAccount {
  return { address, type: 'smart', signTypedData: (data) => owner.signTypedData(data as never) }
}
