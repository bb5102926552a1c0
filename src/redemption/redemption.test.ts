import fc from 'fast-check'
import {
  decodeFunctionData,
  encodeAbiParameters,
  encodeFunctionData,
  encodePacked,
  parseAbi,
  toFunctionSelector,
} from 'viem'
import { describe, expect, test } from 'vitest'
import { encodeContext } from '../delegation/context.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { type Delegation, ROOT_AUTHORITY } from '../delegation/types.ts'
import { AmbitError } from '../errors.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Action, Call } from '../verdict/types.ts'
import { decodeRedemption } from './decode.ts'
import { encodeRedemption, REDEEM_SELECTOR } from './encode.ts'

const abi = parseAbi(['function redeemDelegations(bytes[] contexts, bytes32[] modes, bytes[] executions)'])
const address = (digit: string): Hex => `0x${digit.repeat(40)}`

function delegation(parts: Partial<Delegation> = {}): Delegation {
  return {
    delegate: address('b'),
    delegator: address('a'),
    authority: ROOT_AUTHORITY,
    caveats: [{ enforcer: address('e'), terms: '0x0102', args: '0x' }],
    salt: `0x${'07'.repeat(32)}`,
    signature: `0x${'11'.repeat(65)}`,
    ...parts,
  }
}

function grant(parts: Partial<Grant> = {}): Grant {
  const root = delegation()
  const leaf = delegation({ delegator: address('b'), delegate: address('c'), authority: hashDelegation(root) })
  return {
    schema: 'ambit.grant.v1',
    id: `0x${'00'.repeat(32)}`,
    chainId: 31337,
    manager: address('d'),
    lowering: 'framework',
    scopes: [],
    scopeHash: `0x${'00'.repeat(32)}`,
    accepted: [],
    delegations: [root, leaf],
    branches: [{ rule: 'pay', links: [1, 0] }],
    ...parts,
  }
}

const call: Call = { to: address('f'), value: 5n, data: '0xa9059cbb00' }
const action = (parts: Partial<Action> = {}): Action => ({
  chainId: 31337,
  redeemer: address('c'),
  calls: [call],
  ...parts,
})

const calls = fc.record({
  to: fc.stringMatching(/^[0-9a-f]{40}$/).map((digits): Hex => `0x${digits}`),
  value: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  data: fc.uint8Array({ maxLength: 200 }).map((bytes): Hex => `0x${Buffer.from(bytes).toString('hex')}`),
})

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof AmbitError) return error.code
    throw error
  }
  return 'accepted'
}

describe('encodeRedemption', () => {
  test('default: the bytes are those of a general ABI encoder', () => {
    fc.assert(
      fc.property(calls, (call) => {
        const { data, execution, context, mode } = encodeRedemption(grant(), 0, action({ calls: [call] }))
        expect(execution).toBe(
          encodePacked(['address', 'uint256', 'bytes'], [call.to, call.value, call.data]).toLowerCase(),
        )
        expect(data).toBe(
          encodeFunctionData({ abi, functionName: 'redeemDelegations', args: [[context], [mode], [execution]] }),
        )
      }),
    )
    expect(REDEEM_SELECTOR).toBe(toFunctionSelector(abi[0]))
  })

  test('behavior: several calls are one batch, in their order', () => {
    fc.assert(
      fc.property(fc.array(calls, { minLength: 2, maxLength: 5 }), (list) => {
        const { execution, mode } = encodeRedemption(grant(), 0, action({ calls: list }))
        expect(mode).toBe(`0x01${'00'.repeat(31)}`)
        const components = [{ type: 'address' }, { type: 'uint256' }, { type: 'bytes' }] as const
        const tuples = list.map(({ to, value, data }) => [to, value, data] as const)
        expect(execution).toBe(encodeAbiParameters([{ type: 'tuple[]', components }], [tuples]))
      }),
    )
  })

  test('behavior: names the chain of delegations, leaf first', () => {
    const { delegations } = grant()
    const redemption = encodeRedemption(grant(), 0, action())
    expect(redemption.chain).toEqual([delegations[1], delegations[0]].map((link) => hashDelegation(link as Delegation)))
    expect(redemption.context).toBe(encodeContext([delegations[1], delegations[0]] as Delegation[]))
  })

  test('error: an empty context, which would execute as the redeemer, is never written', () => {
    expect(codeOf(() => encodeRedemption(grant({ branches: [{ rule: 'pay', links: [] }] }), 0, action()))).toBe(
      'redemption.empty',
    )
  })

  test('error: what is not one signed branch and one well-formed call on this chain', () => {
    const seen = [
      codeOf(() => encodeRedemption(grant(), 1, action())),
      codeOf(() => encodeRedemption(grant({ branches: [{ rule: 'pay', links: [7] }] }), 0, action())),
      codeOf(() =>
        encodeRedemption(
          grant({ delegations: [delegation({ signature: '0x' })], branches: [{ rule: 'pay', links: [0] }] }),
          0,
          action(),
        ),
      ),
      codeOf(() => encodeRedemption(grant(), 0, action({ chainId: 1 }))),
      codeOf(() => encodeRedemption(grant(), 0, action({ calls: [] }))),
      codeOf(() => encodeRedemption(grant(), 0, action({ calls: [{ ...call, value: -1n }] }))),
    ]
    expect(seen).toEqual([
      'redemption.no_such_branch',
      'redemption.no_such_branch',
      'redemption.unsigned',
      'redemption.wrong_chain',
      'delegation.no_calls',
      'delegation.malformed_call',
    ])
  })
})

describe('decodeRedemption', () => {
  test('default: gives back what was encoded', () => {
    fc.assert(
      fc.property(fc.array(calls, { minLength: 1, maxLength: 4 }), (list) => {
        const redemption = encodeRedemption(grant(), 0, action({ calls: list }))
        const { mode, execution, ...decoded } = decodeRedemption(redemption.data)
        expect({ mode, execution }).toEqual({ mode: redemption.mode, execution: redemption.execution })
        expect(decoded).toMatchObject({ chain: redemption.chain, context: redemption.context, calls: list })
        expect(decoded.delegations).toEqual([grant().delegations[1], grant().delegations[0]])
      }),
    )
  })

  test('error: lenient encodings that a general decoder accepts are refused', () => {
    const { data, context, mode, execution } = encodeRedemption(grant(), 0, action())
    const tail = `${data}00`.slice(0, -2).concat('00'.repeat(32)) as Hex
    const dirty = `${data.slice(0, -2)}01` as Hex
    for (const lenient of [tail, dirty]) {
      expect(decodeFunctionData({ abi, data: lenient }).args).toEqual([[context], [mode], [execution]])
      expect(codeOf(() => decodeRedemption(lenient))).toBe('redemption.not_canonical')
    }
  })

  test('error: near-valid bytes never give another redemption, and every refusal is seen', () => {
    const { data, context, mode, execution } = encodeRedemption(grant(), 0, action())
    const written = (contexts: Hex[], modes: Hex[], executions: Hex[]) =>
      encodeFunctionData({ abi, functionName: 'redeemDelegations', args: [contexts, modes, executions] })
    const variants: unknown[] = [
      written([context, context], [mode, mode], [execution, execution]),
      written([], [], []),
      written([context], [`0x01${'00'.repeat(31)}`], [execution]),
      written([context], [`0x0001${'00'.repeat(30)}`], [execution]),
      written([context], [mode], ['0x1234']),
      written(['0x'], [mode], [execution]),
      '0x',
      '0xzz',
      7,
      `0x${'00'.repeat(131_073)}`,
      `0xdeadbeef${data.slice(10)}`,
    ]
    const codes = new Set(variants.map((variant) => codeOf(() => decodeRedemption(variant))))
    fc.assert(
      fc.property(
        fc.nat(data.length - 3),
        fc.integer({ min: 1, max: 15 }),
        fc.constantFrom('flip', 'cut', 'drop'),
        (at, by, kind) => {
          const index = at + 2
          const digit = (Number.parseInt(data.charAt(index), 16) ^ by).toString(16)
          const mutant =
            kind === 'flip'
              ? data.slice(0, index) + digit + data.slice(index + 1)
              : kind === 'cut'
                ? data.slice(0, index - (index % 2))
                : data.slice(0, index - (index % 2)) + data.slice(index - (index % 2) + 2)
          const code = codeOf(() => decodeRedemption(mutant))
          codes.add(code)
          if (code !== 'accepted') return
          const again = decodeRedemption(mutant)
          expect(written([again.context], [again.mode], [again.execution])).toBe(mutant)
          expect(mutant).not.toBe(data)
        },
      ),
      { numRuns: 2_000 },
    )
    for (const code of ['not_hex', 'too_large', 'not_a_redemption', 'not_canonical', 'not_single'])
      expect(codes).toContain(`redemption.${code}`)
    for (const code of ['context_empty', 'unsupported_mode', 'malformed_execution'])
      expect(codes).toContain(`delegation.${code}`)
    expect(codes).toContain('accepted')
  })
})
