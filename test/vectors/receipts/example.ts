import { privateKeyToAccount } from 'viem/accounts'
import type { Environment } from '../../../src/caveats/types.ts'
import { compile } from '../../../src/compile/index.ts'
import { decodeContext, encodeContext, hashDelegation, type SigningAccount } from '../../../src/delegation/index.ts'
import { type Grant, signGrant } from '../../../src/grant/index.ts'
import { expectedCounts, REDEEMED, TRANSFER } from '../../../src/outcome/events.ts'
import { classifyOutcome, type Outcome, type ReceiptEvidence, type TransactionEvidence } from '../../../src/outcome/index.ts'
import type { Address, Hex } from '../../../src/primitives/hex.ts'
import type { JsonValue } from '../../../src/primitives/json.ts'
import {
  type Bundle,
  createIssuerKey,
  createRequest,
  type Drafted,
  decisionReceipt,
  EMPTY_HEAD,
  type Evidence,
  encodeBundle,
  type Head,
  issueReceipt,
  jwkSigner,
  type Kind,
  type PublicJwk,
  publicJwk,
  type SignedRequest,
  type Signer,
  type Statement,
  signRequest,
  thumbprint,
} from '../../../src/receipt/index.ts'
import { signToken } from '../../../src/receipt/token.ts'
import type { Redemption } from '../../../src/redemption/index.ts'
import { parseScope } from '../../../src/scope/index.ts'
import { type Action, counterKey, evaluate, prepareGrant, type State, type Verdict } from '../../../src/verdict/index.ts'

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
    TaskScopeEnforcer: at('ce'),
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
  change: {
    document?: object
    principal?: SigningAccount
    environment?: Environment
    accept?: string[]
    lowering?: 'framework' | 'fused'
  } = {},
): Promise<Grant> {
  const deployment = change.environment ?? environment
  const scope = parseScope({ ...document, ...change.document })
  let salts = 0
  const salt = () => hash((0x51 + salts++).toString(16))
  const { accept, lowering } = change
  const plan = compile(scope, deployment, { salt, nonce: 0n, accept, lowering })
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

export const trust = { issuers: [{ iss: issuer.iss, keys: [issuer.key] }] }

/** Signs a draft into the next place after `head`. */
export async function issue<kind extends Kind>(
  drafted: Drafted<kind>,
  head: Head = EMPTY_HEAD,
): Promise<{ bundle: Bundle; text: string; id: string; statement: Statement; head: Head }> {
  const issued = await issueReceipt(drafted.draft, { signer, issuer, head, now })
  const bundle = { receipt: issued.token, evidence: drafted.evidence }
  return { bundle, text: encodeBundle(bundle), id: issued.id, statement: issued.statement, head: issued.head }
}

/** Signs any statement, whatever it says: the issuer as the attacker. */
export async function forge(
  statement: unknown,
  evidence: Evidence,
  by: { key: PublicJwk; signer: Signer } = { key: issuer.key, signer },
): Promise<Bundle> {
  const { token } = await signToken(statement as JsonValue, { kid: thumbprint(by.key), signer: by.signer })
  return { receipt: token, evidence }
}

/** Decides an action as a redeemer would, and drafts the receipt. */
export async function decide(
  parameters: { grant: Grant; action: Action; state: State } & Partial<Parameters<typeof decisionReceipt>[0]>,
): Promise<{ drafted: Drafted<'decision'>; verdict: Verdict; request: SignedRequest }> {
  const { grant, action, state } = parameters
  const verdict = parameters.verdict ?? evaluate(prepareGrant(grant, environment), action, state)
  const request = parameters.request ?? (await ask(grant, action))
  const drafted = decisionReceipt({ stage: 'policy', layer: 'redeemer', ...parameters, verdict, request })
  return { drafted, verdict, request }
}

/** A transaction that executed a redemption, as an honest node would show it, with the logs of manager, enforcer and token. */
export function minedTransaction(redemption: Redemption, action: Action): {
  transaction: TransactionEvidence
  receipt: ReceiptEvidence
} {
  const word = (address: Address): Hex => `0x${'00'.repeat(12)}${address.slice(2)}`
  const included = { blockHash: hash('b2'), blockNumber: 101n }
  const delegations = decodeContext(redemption.context)
  const [call = { to: token, data: '0x' as Hex }] = action.calls
  const logs = [
    ...delegations.map((delegation) => ({
      address: redemption.manager,
      topics: [REDEEMED, word(lower(principal)), word(action.redeemer)],
      // abi.encode of one struct: that of a list of one, without the list's two words.
      data: `0x${encodeContext([delegation]).slice(2 + 128)}` as Hex,
    })),
    ...expectedCounts(redemption.context, environment).map(({ enforcer, topic, delegation }) => ({
      address: enforcer,
      topics: [topic, word(redemption.manager), word(action.redeemer), delegation],
      data: '0x' as Hex,
    })),
    {
      address: call.to,
      topics: [TRANSFER, word(lower(principal)), `0x${call.data.slice(10, 74)}` as Hex],
      data: `0x${call.data.slice(74)}` as Hex,
    },
  ].map((log, logIndex) => ({ ...log, logIndex }))
  const parties = { from: action.redeemer, to: redemption.manager }
  return {
    transaction: { hash: hash('77'), ...parties, input: redemption.data, nonce: 0n, value: 0n, ...included },
    receipt: { transactionHash: hash('77'), ...parties, status: 'success', gasUsed: 155_613n, logs, ...included },
  }
}

/** What a node says of that transaction, classified as the redeemer does. */
export function outcomeOf(mined: ReturnType<typeof minedTransaction>, redemption: Redemption, action: Action): Outcome {
  return classifyOutcome({
    ...mined,
    redemption,
    action,
    principal: lower(principal),
    environment,
    head: 101n,
    confirmations: 1,
    accountRuns: true,
  })
}
