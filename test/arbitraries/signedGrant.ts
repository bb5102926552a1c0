import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { Environment } from '../../src/caveats/types.ts'
import { type CompileOptions, compile } from '../../src/compile/compile.ts'
import { CompileError } from '../../src/compile/errors.ts'
import type { SigningAccount } from '../../src/delegation/sign.ts'
import { signGrant } from '../../src/grant/create.ts'
import type { Grant } from '../../src/grant/types.ts'
import { type Address, type Hex, uintToBytes } from '../../src/primitives/hex.ts'
import { parseScope } from '../../src/scope/parse.ts'
import type { ScopeDocument } from '../../src/scope/schema.ts'
import type { Scope } from '../../src/scope/types.ts'
import { PAYEES, scopeDocument, TARGET, USDC } from './scope.ts'

export const key = (digits: string): PrivateKeyAccount => privateKeyToAccount(`0x${digits.repeat(32)}`)
export const addressOf = (account: { address: Hex }): Address => account.address.toLowerCase() as Address

/** Keys of nobody: the principal, its agent, and who the agent hands on to. */
export const principal = key('17')
export const agent = key('18')
export const subAgent = key('19')
export const stranger = key('1a')

/** A contract account that `owner` signs for: what it answers is for the contract to judge. */
export const contractAccount = (address: Address, owner: PrivateKeyAccount): SigningAccount => ({
  address,
  type: 'smart',
  signTypedData: (definition) => owner.signTypedData(definition),
})

/** Salts that are all different, and the same in each run. */
export function countingSalt(from = 0n): () => Hex {
  let salts = from
  return () => uintToBytes(++salts, 32)
}

/** Every kind of rule, two payees under one daily budget, and leave to hand it on once. */
export function richDocument(more: Partial<ScopeDocument> = {}): ScopeDocument {
  const rules: ScopeDocument['rules'] = [
    { id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0], PAYEES[1]], budget: 'stables' },
    { id: 'tip', class: 'transfer', asset: 'native', to: [PAYEES[2]], budget: 'coins' },
    {
      id: 'note',
      class: 'call',
      target: TARGET,
      function: 'function pay(address to, uint256 amount)',
      args: { to: { eq: PAYEES[0] } },
    },
  ]
  return scopeDocument(rules, {
    principal: principal.address,
    delegate: agent.address,
    budgets: {
      stables: { assets: { [USDC]: '1' }, max: '200', per: 'P1D', window: 'fixed' },
      coins: { assets: { native: '1' }, max: '0.5' },
    },
    assets: { [USDC]: { symbol: 'USDC', decimals: 6 } },
    redelegation: { maxDepth: 1 },
    revocation: { group: 'g', guardian: PAYEES[2], maxLatencySeconds: 60 },
    ...more,
  })
}

export function makeGrant(
  environment: Environment,
  document: ScopeDocument | Scope = richDocument(),
  options: Partial<CompileOptions> & { account?: SigningAccount } = {},
): Promise<Grant> {
  const { account = principal, ...rest } = options
  const scope = parseScope(document)
  return signGrant(scope, compile(scope, environment, { salt: countingSalt(), nonce: 4n, ...rest }), account)
}

/** What this scope must accept to compile at all. */
export function acceptableOf(scope: Scope, environment: Environment): string[] {
  const accept: string[] = []
  for (;;) {
    try {
      compile(scope, environment, { salt: countingSalt(), nonce: 2n, accept })
      return accept
    } catch (error) {
      if (!(error instanceof CompileError) || error.details['acceptable'] !== true) return accept
      accept.push(String(error.details['pointer']))
    }
  }
}
