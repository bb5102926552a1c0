import fc from 'fast-check'
import { encodeFunctionData, type LocalAccount } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { mint, useChain } from '../../test/rig/chain.ts'
import { actionOf, addressOf, grantOf, nodeOf, payCaveats, transferCall, upgraded } from '../../test/rig/grant.ts'
import { deployPinnedTarget, pinnedTargetAbi } from '../../test/rig/principals.ts'
import { recordRedemption } from '../../test/rig/recording.ts'
import type { DecodedCaveat } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Call } from '../verdict/types.ts'
import { type ClassifyParameters, classifyOutcome } from './classify.ts'
import { REDEEMED, TRANSFER } from './events.ts'
import type { LogEvidence, ReceiptEvidence } from './evidence.ts'

const chain = useChain()
const PAYEE: Address = `0x${'9e'.repeat(20)}`
const OTHER: Address = `0x${'4d'.repeat(20)}`
/** A payment over two hops with every counting enforcer, a call without logs of its own, a native payment. */
let payment: ClassifyParameters
let refused: ClassifyParameters
let native: ClassifyParameters
let call: ClassifyParameters

beforeAll(async () => {
  const client = nodeOf(chain.rpcUrl)
  const [alice, agent, helper] = chain.accounts as unknown as [LocalAccount, LocalAccount, LocalAccount]
  await upgraded(chain, alice)
  await mint(chain, addressOf(alice), 1_000n)
  const target = await deployPinnedTarget(chain.walletClient(helper), chain.publicClient)
  const period = {
    kind: 'erc20PeriodTransfer',
    token: chain.token.address,
    amount: 90n,
    duration: 60n,
    start: 1n,
  } as const
  const paying = await grantOf(chain, [
    {
      signer: alice,
      delegate: addressOf(agent),
      caveats: payCaveats(chain, 100n, { kind: 'limitedCalls', limit: 5n }),
    },
    { signer: agent, delegate: addressOf(helper), caveats: payCaveats(chain, 50n, period) },
  ])
  const one = (caveats: DecodedCaveat[]) => grantOf(chain, [{ signer: alice, delegate: addressOf(helper), caveats }])
  const act = (to: Address, value: bigint, data: Hex) => actionOf(chain, addressOf(helper), { to, value, data })
  const pay = transferCall(chain.token.address, PAYEE, 20n)
  payment = await recordRedemption(chain, client, {
    account: helper,
    grant: paying,
    action: actionOf(chain, addressOf(helper), pay),
  })
  const data = encodeFunctionData({ abi: pinnedTargetAbi, functionName: 'note', args: ['x'] })
  const noting = await one([
    { kind: 'exactCalldata', data },
    { kind: 'allowedTargets', targets: [target] },
  ])
  call = await recordRedemption(chain, client, { account: helper, grant: noting, action: act(target, 0n, data) })
  const sending = await one([
    { kind: 'nativeTransferAmount', limit: 5n },
    { kind: 'exactCalldata', data: '0x' },
  ])
  native = await recordRedemption(chain, client, { account: helper, grant: sending, action: act(PAYEE, 5n, '0x') })
  refused = { ...payment, receipt: { ...payment.receipt, status: 'reverted', logs: [] } }
})

const receipt = (change: Partial<ReceiptEvidence>, of = payment): ClassifyParameters => ({
  ...of,
  receipt: { ...of.receipt, ...change },
})

/** The same receipt with one log changed, its numbering kept. */
const withLog = (at: number, change: Partial<LogEvidence>, of = payment) =>
  receipt({ logs: of.receipt.logs.map((log, index) => (index === at ? { ...log, ...change } : log)) }, of)

const find = (parameters: ClassifyParameters, topic: Hex) => {
  const at = parameters.receipt.logs.findIndex(({ topics }) => topics[0] === topic)
  const log = parameters.receipt.logs[at]
  if (log === undefined) throw new TypeError('no such log')
  return { at, log }
}

describe('classifyOutcome', () => {
  test('default: a payment over two hops is executed, with the money that moved', () => {
    expect(classifyOutcome(payment)).toMatchObject({
      status: 'executed',
      final: true,
      effects: [{ asset: chain.token.address, to: PAYEE, amount: 20n, log: expect.any(Number) }],
      transactionHash: payment.transaction.hash,
    })
    expect(classifyOutcome({ ...payment, confirmations: 2 })).toMatchObject({
      status: 'executed',
      final: payment.head - payment.receipt.blockNumber >= 1n,
    })
    expect(classifyOutcome({ ...payment, head: payment.receipt.blockNumber, confirmations: 2 })).toMatchObject({
      final: false,
    })
    expect(classifyOutcome(refused)).toMatchObject({ status: 'reverted', gasUsed: payment.receipt.gasUsed })
  })

  test('behavior: value and calls that leave no log count only where the account is known to run them', () => {
    expect(classifyOutcome(native)).toMatchObject({
      status: 'executed',
      effects: [{ asset: 'native', to: PAYEE, amount: 5n }],
    })
    expect(classifyOutcome({ ...native, accountRuns: false })).toMatchObject({
      status: 'ineffective',
      missing: 'target_log',
      effects: [],
    })
    expect(classifyOutcome({ ...call, accountRuns: false })).toMatchObject({ status: 'executed' })
  })

  test('error: success without the movement that was asked for is not success', () => {
    const { at, log } = find(payment, TRANSFER)
    const [topic, from, to] = log.topics as [Hex, Hex, Hex]
    const word = (address: Address): Hex => `0x${'00'.repeat(12)}${address.slice(2)}`
    const changes: Partial<LogEvidence>[] = [
      { data: `0x${19n.toString(16).padStart(64, '0')}` },
      { topics: [topic, from, word(OTHER)] },
      { topics: [topic, word(OTHER), to] },
      { address: OTHER },
      { topics: [topic, from, to, to] },
      { topics: [`0x${'12'.repeat(32)}`, from, to] },
    ]
    for (const change of changes)
      expect(classifyOutcome(withLog(at, change))).toMatchObject({ status: 'ineffective', missing: 'transfer_log' })
  })

  test('error: a link that does not report, an enforcer that did not count, another’s report', () => {
    const redeemed = find(payment, REDEEMED)
    const counted = payment.receipt.logs.findIndex(
      ({ address }) => address === chain.environment.enforcers['LimitedCallsEnforcer'],
    )
    const [topic, root] = redeemed.log.topics as [Hex, Hex]
    const missing = (parameters: ClassifyParameters) => {
      const outcome = classifyOutcome(parameters)
      return outcome.status === 'ineffective' ? outcome.missing : outcome.status
    }
    expect(missing(withLog(redeemed.at, { address: OTHER }))).toBe('redeemed_delegation')
    expect(missing(withLog(redeemed.at, { topics: [topic, root, root] }))).toBe('redeemed_delegation')
    const delegate = 2 + 64 + 24
    const { data } = redeemed.log
    const another: Hex = `0x${data.slice(2, delegate)}${OTHER.slice(2)}${data.slice(delegate + 40)}`
    expect(missing(withLog(redeemed.at, { data: another }))).toBe('redeemed_delegation')
    expect(missing(withLog(redeemed.at, { data: `${data}00` }))).toBe('redeemed_delegation')
    expect(missing({ ...payment, principal: OTHER })).toBe('redeemed_delegation')
    expect(missing(withLog(counted, { address: OTHER }))).toBe('enforcer_event')
    expect(missing(withLog(counted, { topics: redeemed.log.topics }))).toBe('enforcer_event')
    expect(missing({ ...payment, redemption: { ...payment.redemption, data: native.redemption.data } })).toBe(
      'call_data',
    )
    expect(missing({ ...payment, redemption: { ...payment.redemption, manager: OTHER } })).toBe('call_data')
    expect(missing({ ...payment, action: { ...payment.action, redeemer: OTHER } })).toBe('redeemer')
    const [asked] = payment.action.calls as [Call]
    for (const calls of [[], [asked, asked], [{ ...asked, value: 1n }], [{ ...asked, value: -1n }]])
      expect(missing({ ...payment, action: { ...payment.action, calls } })).toBe('calls')
  })

  test('error: evidence that contradicts itself settles nothing', () => {
    const contradictions = [
      receipt({ transactionHash: native.transaction.hash }),
      receipt({ blockHash: `0x${'12'.repeat(32)}` }),
      receipt({ blockNumber: payment.receipt.blockNumber + 1n }),
      receipt({ from: OTHER }),
      receipt({ to: null }),
      receipt({ status: 'reverted' }),
      receipt({ logs: payment.receipt.logs.filter((_, index) => index !== 1) }),
      { ...payment, head: payment.receipt.blockNumber - 1n },
    ]
    for (const parameters of contradictions)
      expect(classifyOutcome(parameters)).toMatchObject({ status: 'unknown', doubt: expect.any(String) })
  })

  test('behavior: a flood of logs neither hides the payment nor grows the outcome', () => {
    const { log } = find(payment, TRANSFER)
    const first = payment.receipt.logs[0]?.logIndex ?? 0
    const flood = Array.from({ length: 500 }, (): LogEvidence => ({ ...log, address: OTHER }))
    const logs = [...flood, ...payment.receipt.logs].map((entry, index) => ({ ...entry, logIndex: first + index }))
    const outcome = classifyOutcome(receipt({ logs }))
    expect(outcome).toMatchObject({ status: 'executed', effects: { 0: { asset: chain.token.address, amount: 20n } } })
    expect(outcome).toHaveProperty('effects.length', 64)
  })

  test('error: one changed digit in the logs never keeps a payment true by accident', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(
        fc.nat(payment.receipt.logs.length - 1),
        fc.nat(),
        fc.integer({ min: 1, max: 15 }),
        (at, position, by) => {
          const log = payment.receipt.logs[at] as LogEvidence
          const text = [log.address, ...log.topics, log.data].map((part) => part.slice(2)).join('')
          const index = position % text.length
          const digit = (Number.parseInt(text.charAt(index), 16) ^ by).toString(16)
          const changed = text.slice(0, index) + digit + text.slice(index + 1)
          const topics = log.topics.map((_, topic): Hex => `0x${changed.slice(40 + topic * 64, 104 + topic * 64)}`)
          const data: Hex = `0x${changed.slice(40 + topics.length * 64)}`
          const outcome = classifyOutcome(withLog(at, { address: `0x${changed.slice(0, 40)}`, topics, data }))
          seen.add(outcome.status === 'ineffective' ? outcome.missing : outcome.status)
          // What an enforcer says it counted to is not what we rest on; who said it about which delegation is.
          if (outcome.status === 'executed') {
            expect(Object.values(chain.environment.enforcers)).toContain(log.address)
            expect(index).toBeGreaterThanOrEqual(40 + topics.length * 64)
          }
        },
      ),
      { numRuns: 3_000 },
    )
    for (const kind of ['executed', 'transfer_log', 'redeemed_delegation', 'enforcer_event'])
      expect(seen).toContain(kind)
  })
})
