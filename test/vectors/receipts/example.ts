import { privateKeyToAccount } from 'viem/accounts'
import type { Environment } from '../../../src/caveats/types.ts'
import { compile } from '../../../src/compile/index.ts'
import { hashDelegation, type SigningAccount } from '../../../src/delegation/index.ts'
import { type Grant, signGrant } from '../../../src/grant/index.ts'
import type { Address, Hex } from '../../../src/primitives/hex.ts'
import { createIssuerKey, jwkSigner, publicJwk } from '../../../src/receipt/keys.ts'
import { createRequest, type SignedRequest, signRequest } from '../../../src/receipt/request.ts'
import { parseScope } from '../../../src/scope/index.ts'
import { type Action, counterKey, type State } from '../../../src/verdict/index.ts'

/** A small world in which receipts can be made: keys, a deployment, a grant of two branches, a state. */

export const at = (digits: string): Address => `0x${digits.repeat(40 / digits.length)}`
export const hash = (digits: string): Hex => `0x${digits.repeat(64 / digits.length)}`

export const principal = privateKeyToAccount(hash('17'))
export const agent = privateKeyToAccount(hash('18'))
export const stranger = privateKeyToAccount(hash('19'))
export const lower = (account: { address: string }) => account.address.toLowerCase() as Address
export const token = at('70')
export const vendors = [at('a1'), at('a2')] as const

export const environment: Environment = {
  chainId: 31_337,
  framework: '1.3.0',
  manager: at('db'),
  entryPoint: at('e0'),
  simpleFactory: at('e1'),
  implementations: { hybrid: at('e2'), multiSig: at('e3'), stateless7702: at('e4') },
  enforcers: {
    AllowedCalldataEnforcer: at('c1'),
    AllowedMethodsEnforcer: at('c2'),
    AllowedTargetsEnforcer: at('c3'),
    ERC20PeriodTransferEnforcer: at('c4'),
    ERC20TransferAmountEnforcer: at('c5'),
    ExactCalldataEnforcer: at('c6'),
    LimitedCallsEnforcer: at('c7'),
    NativeTokenPeriodTransferEnforcer: at('c8'),
    NativeTokenTransferAmountEnforcer: at('c9'),
    NonceEnforcer: at('ca'),
    RedeemerEnforcer: at('cb'),
    TimestampEnforcer: at('cc'),
    ValueLteEnforcer: at('cd'),
  },
}

const seed = (fill: number) => new Uint8Array(48).fill(fill)
export const issuerKey = createIssuerKey(seed(7))
export const otherKey = createIssuerKey(seed(8))
export const issuer = { iss: 'urn:ambit:issuer:example', key: publicJwk(issuerKey) }
export const signer = await jwkSigner(issuerKey)
export const otherSigner = await jwkSigner(otherKey)

/** A transfer of `amount` base units to the first vendor. */
export function transferTo(to: Address, amount: bigint): Action {
  const data: Hex = `0xa9059cbb${'00'.repeat(12)}${to.slice(2)}${amount.toString(16).padStart(64, '0')}`
  return {
    chainId: environment.chainId,
    redeemer: lower(agent),
    calls: [{ to: token, value: 0n, data }],
    reason: 'Invoice 7',
  }
}

/** The request for an action under a grant, signed by `by`. */
export function ask(grant: Grant, action: Action, number = 1n, by = agent): Promise<SignedRequest> {
  return signRequest(by, createRequest(action, { grant: grant.id, number, deadline: now + 600n }))
}

/** A budget for two vendors: compiles to a root that holds it and one leaf a vendor. */
export const document = {
  version: 1,
  task: { id: 'invoices', purpose: 'Pay invoices' },
  chainId: environment.chainId,
  principal: lower(principal),
  delegate: lower(agent),
  rules: [{ id: 'pay', class: 'transfer', asset: token, to: [...vendors], budget: 'stables' }],
  budgets: { stables: { assets: { [token]: '1' }, max: '100' } },
  notBefore: '2026-11-20T00:00:00Z',
  expiry: '2030-01-01T00:00:00Z',
  redelegation: { maxDepth: 0 },
  revocation: { group: 'default', maxLatencySeconds: 60 },
  evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
  assets: { [token]: { symbol: 'USDC', decimals: 6 } },
}

/** Block time of the example's state: inside the life of the grant. */
export const now = 1_800_000_000n

export async function makeGrant(
  change: { document?: object; principal?: SigningAccount; environment?: Environment } = {},
): Promise<Grant> {
  const deployment = change.environment ?? environment
  const scope = parseScope({ ...document, ...change.document })
  let salts = 0
  const plan = compile(scope, deployment, { salt: () => hash((0x51 + salts++).toString(16)), nonce: 0n, now })
  return signGrant(scope, plan, change.principal ?? principal)
}

/** What a node would say after `spent` base units went out. */
export function makeState(grant: Grant, spent = 0n): State {
  const hashes = grant.delegations.map(hashDelegation)
  return {
    chainId: grant.chainId,
    manager: grant.manager,
    block: { number: 100n, hash: hash('b1'), timestamp: now },
    paused: false,
    disabled: Object.fromEntries(hashes.map((it) => [it, false])),
    nonces: { [lower(principal)]: 0n },
    counters: Object.fromEntries(
      grant.delegations.flatMap(({ caveats }, index) =>
        caveats
          .filter(({ enforcer }) => enforcer === environment.enforcers['ERC20TransferAmountEnforcer'])
          .map(({ enforcer }) => [counterKey(enforcer, hashes[index] as Hex), { kind: 'spent' as const, spent }]),
      ),
    ),
  }
}
