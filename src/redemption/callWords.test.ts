import { encodeFunctionData, getAddress, parseAbi } from 'viem'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { type Call, encodeCalls, SINGLE_DEFAULT_MODE } from '../delegation/execution.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'
import { callsInWords } from './callWords.ts'

const USDC = '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913'
const ROUTER = `0x${'c1'.repeat(20)}` as const
const PAYEE = `0x${'a1'.repeat(20)}` as const
const SHOWN = { payee: getAddress(PAYEE), router: getAddress(ROUTER) }
const SWAP = 'function swap(uint256 amountIn, address to, bytes32 tag, string note)'
const abi = parseAbi([
  SWAP,
  'function transfer(address to, uint256 amount)',
  'function approve(address to, uint256 amount)',
] as never)

const scope: Pick<Scope, 'assets' | 'rules'> = {
  assets: { [USDC]: { symbol: 'USDC', decimals: 6 } },
  rules: [
    { id: 'pay', class: 'transfer', asset: USDC, to: [PAYEE], budget: 'all' },
    {
      id: 'swap',
      class: 'call',
      target: ROUTER,
      function: SWAP,
      args: {},
      spends: [{ asset: USDC, amount: 'amountIn', budget: 'all' }],
      value: { lte: '0' },
      acknowledge: [],
    },
  ],
}
const said = (...calls: Call[]) => callsInWords(encodeCalls(calls), scope)
const encode = (functionName: string, args: unknown[]) => encodeFunctionData({ abi, functionName, args } as never)
const to = (target: Hex, data: Hex, value = 0n): Call => ({ to: target, value, data })

describe('callsInWords', () => {
  test('default: payments, allowances and calls of the scope, each with its contract', () => {
    const words = said(
      to(PAYEE, '0x', 10n ** 17n),
      to(USDC, encode('transfer', [PAYEE, 12_500_000n])),
      to(USDC, encode('approve', [ROUTER, 5_000_000n])),
      to(USDC, encode('approve', [ROUTER, 0n])),
    )
    expect(words.map(({ sentence }) => sentence.toLowerCase())).toEqual([
      `pay 0.1 native coin to ${PAYEE}`,
      `pay 12.5 usdc (token ${USDC}) to ${PAYEE}`,
      `let ${ROUTER} take up to 5 usdc (token ${USDC})`,
      `let ${ROUTER} take nothing more of usdc (token ${USDC})`,
    ])
    expect(words[1]?.sentence).toContain(SHOWN.payee)
  })

  test('default: arguments by the names that the rule gives them, amounts in display units', () => {
    const [words] = said(to(ROUTER, encode('swap', [50_000_000n, PAYEE, `0x${'07'.repeat(32)}`, 'a\u202eb']), 3n))
    expect(words?.sentence).toBe(`Call swap of ${SHOWN.router} and with 0.000000000000000003 native coin`)
    expect(words?.args).toEqual([
      { name: 'amountIn', type: 'uint256', value: '50 USDC (50000000)' },
      { name: 'to', type: 'address', value: SHOWN.payee },
      { name: 'tag', type: 'bytes32', value: `0x${'07'.repeat(32)}` },
      { name: 'note', type: 'string', value: '"a\\u202eb"' },
    ])
  })

  test('behavior: what the scope does not know is said in bytes', () => {
    const unknown = `0x${'d1'.repeat(20)}` as const
    const [paid, called, short] = said(
      to(unknown, encode('transfer', [PAYEE, 7n])),
      to(unknown, encode('swap', [1n, PAYEE, `0x${'00'.repeat(32)}`, ''])),
      to(ROUTER, '0x0102'),
    )
    expect(paid?.sentence).toMatch(/^Pay 7 base units \(token 0xd1/i)
    expect(called?.sentence).toMatch(/^Call 0xd1.* with the calldata 0x/i)
    expect(called?.args).toEqual([])
    expect(short?.sentence).toBe(`Call ${SHOWN.router} with the calldata 0x0102`)
  })

  test('behavior: call data that is cut or dirty is not read as what it looks like', () => {
    const transfer = encode('transfer', [PAYEE, 7n])
    const [cut, long, argument] = said(
      to(USDC, transfer.slice(0, -2) as Hex),
      to(USDC, `${transfer}00`),
      to(ROUTER, encode('swap', [1n, PAYEE, `0x${'00'.repeat(32)}`, '']).slice(0, 74) as Hex),
    )
    expect(cut?.sentence).toMatch(/^Call .* with the calldata/)
    expect(long?.sentence).toMatch(/^Call .* with the calldata/)
    expect(argument?.args.map(({ value }) => value)).toEqual(['0.000001 USDC (1)', ...Array(3).fill('cannot be read')])
  })

  test('behavior: coin that rides along is always said', () => {
    for (const data of [
      encode('transfer', [PAYEE, 1n]),
      encode('approve', [PAYEE, 1n]),
      encode('approve', [PAYEE, 0n]),
      '0x01020304',
    ] as Hex[])
      expect(said(to(USDC, data, 10n ** 18n))[0]?.sentence).toMatch(/ and with 1 native coin$/)
  })

  test('error: bytes that are not one of the two ways in which calls are written', () => {
    expect(codeOf(() => callsInWords({ mode: SINGLE_DEFAULT_MODE, execution: '0x01' }, scope)).code).toBe(
      'delegation.malformed_execution',
    )
    const mode = `0x0001${'00'.repeat(30)}` as const
    expect(codeOf(() => callsInWords({ mode, execution: '0x' }, scope)).code).toBe('delegation.unsupported_mode')
  })
})
