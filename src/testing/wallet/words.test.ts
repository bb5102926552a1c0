import { stringToHex } from 'viem'
import { describe, expect, it } from 'vitest'
import { getEnvironment } from '../../chain/deployments.ts'
import { encodeDisable } from '../../chain/disable.ts'
import { createNode } from '../../chain/node.ts'
import { describeRequest } from '../../dapp/describe/describeGrant.ts'
import type { PermissionRequest } from '../../dapp/types.ts'
import { ROOT_AUTHORITY } from '../../delegation/types.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import type { Chain } from './context.ts'
import type { Question } from './types.ts'
import { wordsOf } from './words.ts'

const environment = getEnvironment(11_155_111)
const chain: Chain = { chainId: 11_155_111, name: 'Sepolia', environment, node: createNode('http://127.0.0.1:1') }
const chains = new Map([[chain.chainId, chain]])
const account: Address = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const agent: Address = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const token: Address = `0x${'34'.repeat(20)}`
const CHECKED = ['0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266', '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'] as const
const own = [
  ['Account', CHECKED[0]],
  ['Network', 'Sepolia'],
]

const words = (question: Question) => wordsOf(question, chains)
const origin = 'https://page.example'

function permission(more: Partial<PermissionRequest> = {}, tokens = {}): Question {
  const request: PermissionRequest = {
    chainId: chain.chainId,
    from: account,
    to: agent,
    permission: {
      type: 'erc20-token-periodic',
      isAdjustmentAllowed: true,
      data: { tokenAddress: token, periodAmount: 10_000_000n, periodDuration: 86_400, startTime: 1_800_000_000 },
    },
    rules: [{ type: 'expiry', data: { timestamp: 1_800_000_000 + 2 * 86_400 } }],
    ...more,
  }
  const view = describeRequest(request, { now: 1_800_000_000, origin, chainName: chain.name, tokens })
  return { kind: 'permission', origin, account, request, canLower: true, view: { ...view, tokens } }
}

describe('wordsOf', () => {
  it('default: a permission in the words of the preview, with the most that can leave', () => {
    const { sentence, rows, warnings } = words(permission({}, { [token]: { symbol: 'USDC', decimals: 6 } }))
    expect(sentence).toContain('may send up to 10 USDC per day')
    expect(rows).toContainEqual(['Recipient', CHECKED[1]])
    expect(rows).toContainEqual(['Network', 'Sepolia'])
    expect(rows.at(-1)).toEqual(['Most that can leave', '20 USDC'])
    expect(warnings.length).toBeGreaterThan(0)
    // Who asks stands above it, once.
    expect(JSON.stringify(rows)).not.toContain(origin)
    // What the wallet shows in its list only is not asked.
    expect(rows.map(([label]) => label)).not.toContain('Amount')
  })

  it('behavior: a permission that moves nothing has no amount', () => {
    const flags = { erc20Approve: true, erc721Approve: false, erc721SetApprovalForAll: false }
    const permit2 = { permit2Approve: false, permit2Lockdown: false, permit2InvalidateNonces: false }
    const data = { ...flags, ...permit2 }
    const question = permission({ permission: { type: 'token-approval-revocation', isAdjustmentAllowed: false, data } })
    expect(words(question).rows.map(([label]) => label)).not.toContain('Most that can leave')
  })

  it('behavior: connecting, switching and adding say what they are', () => {
    expect(words({ kind: 'connect', origin, accounts: [account, agent] })).toMatchObject({
      confirm: 'Connect',
      rows: [
        ['Account 1', CHECKED[0]],
        ['Account 2', CHECKED[1]],
      ],
    })
    const there = { kind: 'chain', origin, chainId: 1_337, name: 'Local chain (1337)' } as const
    const rows = [
      ['Network', 'Local chain (1337)'],
      ['Chain id', '1337'],
    ]
    expect(words({ ...there, added: false })).toMatchObject({ title: 'Go to this network?', rows })
    expect(words({ ...there, added: true })).toMatchObject({ title: 'Add this network and go there?', rows })
  })

  it('behavior: a message as text where it is text, otherwise as bytes', () => {
    const message = (bytes: Hex) => words({ kind: 'message', origin, account, message: bytes }).rows.at(-1)
    expect(message(stringToHex('Grüß Gott'))).toEqual(['Message', 'Grüß Gott'])
    expect(message('0xff00')).toEqual(['Message', '0xff00'])
    expect(message('0x')).toEqual(['Message', ''])
  })

  it('behavior: typed data with every member, whatever it holds', () => {
    const typedData = {
      domain: { verifyingContract: token },
      types: {},
      primaryType: 'Order',
      message: { to: agent, amount: 5n, list: [1n, { deep: 2n }], none: undefined },
    }
    expect(words({ kind: 'typedData', origin, account, chainId: 5, typedData }).rows).toEqual([
      ['Account', CHECKED[0]],
      ['Network', 'Chain 5'],
      ['Contract', token],
      ['Type', 'Order'],
      ['to', agent],
      ['amount', '5'],
      ['list', '["1",{"deep":"2"}]'],
      ['none', 'null'],
    ])
  })

  it('behavior: transactions call by call', () => {
    const call = { to: agent, value: 5n * 10n ** 17n, data: '0x' as Hex }
    const one = words({ kind: 'transaction', origin, account, chainId: chain.chainId, calls: [call] })
    expect(one).toMatchObject({
      title: 'Send this transaction?',
      rows: [...own, ['To', CHECKED[1]], ['Value', '0.5 native coin']],
    })
    const calls = [call, { ...call, data: '0x1234' as Hex }]
    const two = words({ kind: 'transaction', origin, account, chainId: chain.chainId, calls })
    expect(two.title).toBe('Send these 2 calls?')
    expect(two.rows.slice(-1)).toEqual([['Data', '0x1234']])
    expect(two.rows).toHaveLength(7)
  })

  it('behavior: the end of a permission says so, by transaction or by the wallet’s method', () => {
    const data = encodeDisable({
      delegate: agent,
      delegator: account,
      authority: ROOT_AUTHORITY,
      caveats: [],
      salt: `0x${'01'.repeat(32)}`,
      signature: '0x',
    })
    const ended = { title: 'End this permission?', rows: [...own, ['Recipient', CHECKED[1]]] }
    const { chainId } = chain
    const call = { to: environment.manager, value: 0n, data }
    expect(words({ kind: 'transaction', origin, account, chainId, calls: [call] })).toMatchObject(ended)
    expect(words({ kind: 'revocation', origin, account, chainId, delegate: agent, context: '0x' })).toMatchObject(ended)
    // Beside another call, to another contract, or on a chain we do not know, it is shown as what it is.
    for (const question of [
      { chainId, calls: [call, call] },
      { chainId, calls: [{ ...call, to: token }] },
      { chainId, calls: [{ ...call, data: data.slice(0, -64) as Hex }] },
      { chainId: 5, calls: [call] },
    ]) {
      expect(words({ kind: 'transaction', origin, account, ...question }).confirm).toBe('Send')
    }
  })

  it('behavior: what a page or a token says is bounded, and draws nothing', () => {
    const hostile = `<img src=x onerror=alert(1)>\u202e${'x'.repeat(10_000)}`
    const message = words({ kind: 'message', origin, account, message: stringToHex(hostile) })
    const typedData = { domain: {}, types: {}, primaryType: hostile, message: { [hostile]: hostile } }
    const typed = words({ kind: 'typedData', origin, account, chainId: 5, typedData })
    const asset = words(permission({}, { [token]: { symbol: hostile, decimals: 6 } }))
    for (const { rows, sentence = '' } of [message, typed, asset]) {
      for (const text of [...rows.flat(), sentence]) {
        expect(text).not.toContain('\u202e')
        expect(text.length).toBeLessThan(600)
      }
    }
  })

  it('behavior: more lines than anybody reads are cut, and it is said', () => {
    const lines = (count: number) => {
      const message = Object.fromEntries(Array.from({ length: count - 4 }, (_, index) => [`field${index}`, index]))
      const typedData = { domain: {}, types: {}, primaryType: 'Order', message }
      const { rows, warnings } = words({ kind: 'typedData', origin, account, chainId: 5, typedData })
      return [rows.length, warnings]
    }
    expect(lines(60)).toEqual([60, []])
    expect(lines(61)).toEqual([60, ['Only 60 of 61 lines are shown: do not confirm what you cannot see.']])
  })
})
