/** The README's example. test/journeys/examples.test.ts runs it and holds its output to what its comments say. */
import { randomBytes } from 'node:crypto'
import { toHex } from 'viem'
import { chain, compile, grant, scope } from '../src/index.ts'
import { setUp } from './setup.ts'

const { node, environment, principal, agent, vendor, usdc, transfer, stop } = await setUp()

// The principal says what the agent may do: pay one vendor, at most 200 USDC a day.
const task = scope.parseScope({
  version: 1,
  task: { id: 'invoices', purpose: 'Pay the API invoices of this month' },
  chainId: 31337,
  principal: principal.address,
  delegate: agent.address,
  rules: [{ id: 'pay', class: 'transfer', asset: usdc.address, to: [vendor.address], budget: 'daily' }],
  budgets: { daily: { assets: { [usdc.address]: '1' }, max: '200', per: 'P1D', window: 'fixed' } },
  notBefore: '2026-01-01T00:00:00Z',
  expiry: '2036-01-01T00:00:00Z',
  redelegation: { maxDepth: 0 },
  revocation: { group: 'invoices', maxLatencySeconds: 60 },
  evidence: { receipts: ['decision', 'outcome'], retain: 'P1Y' },
  assets: { [usdc.address]: { symbol: usdc.symbol, decimals: usdc.decimals } },
})
const nonce = await chain.readNonce(node, { delegator: task.principal, environment })
const plan = compile.compile(task, environment, { nonce, salt: () => toHex(randomBytes(32)) })
for (const { sentence } of plan.explanation) console.log(sentence) // read from the caveats, not from the request
const signed = await grant.signGrant(task, plan, principal)

// The agent pays. A denial is an answer, not an error: nothing is sent.
const pay = (amount: bigint) => {
  const action = { chainId: 31337, redeemer: task.delegate, calls: [transfer(vendor.address, amount)] }
  return chain.redeem(node, { grant: signed, environment, account: agent, action })
}
const paid = await pay(50_000_000n)
console.log(paid.outcome?.status) // executed
const { verdict } = await pay(500_000_000n)
if (verdict.verdict === 'deny') console.log(verdict.code, verdict.largestAllowed) // period_budget_exceeded 150000000n

// It ends when the principal says so, on chain.
await chain.revoke(node, { account: principal, grant: signed, environment })
const late = await pay(1n)
if (late.verdict.verdict === 'deny') console.log(late.verdict.code) // revoked
await stop()
