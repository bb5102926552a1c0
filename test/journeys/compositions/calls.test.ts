import { encodeFunctionData } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Address, byteLength, concatBytes, type Hex, sliceBytes } from '../../../src/primitives/hex.ts'
import type { Call } from '../../../src/verdict/types.ts'
import { PAYEES } from '../../arbitraries/scope.ts'
import { balanceOf, useChain } from '../../rig/chain.ts'
import { linksOfBranch, useDelegating } from '../../rig/delegating.ts'
import { deployPinnedTarget, pinnedTargetAbi, testTokenAbi } from '../../rig/principals.ts'

/** Arguments that are pinned, and calldata that tries to get around them. */

const chain = useChain()
const { naive, granted, refusal, codesOf, redeem } = useDelegating(chain)
const [A, , C] = PAYEES
const HEAD = 4 + 6 * 32
let target: Address

beforeAll(async () => {
  target = await deployPinnedTarget(chain.walletClient(chain.accounts[0]), chain.publicClient)
})

const ROUTE = 'function route((address to, uint8 kind, bool paid) leg, uint256[2] limits, bytes rest)'
const PINNED = {
  'leg.to': { eq: A },
  'leg.kind': { eq: '3' },
  'leg.paid': { eq: true },
  'limits.0': { eq: '10' },
  'limits.1': { eq: '20' },
}
const rule = (args: object, more: object = {}) => ({
  id: 'act',
  class: 'call' as const,
  target,
  function: ROUTE,
  args: args as Record<string, never>,
  ...more,
})
const call = (data: Hex): Call => ({ to: target, value: 0n, data })
const route = (rest: Hex = '0xc0ffee'): Hex =>
  encodeFunctionData({
    abi: pinnedTargetAbi,
    functionName: 'route',
    args: [{ to: A, kind: 3, paid: true }, [10n, 20n], rest],
  })
const withByte = (data: Hex, at: number, change: (byte: number) => number): Hex => {
  const byte = Number.parseInt(sliceBytes(data, at, at + 1).slice(2), 16)
  const changed: Hex = `0x${(change(byte) & 0xff).toString(16).padStart(2, '0')}`
  return concatBytes(sliceBytes(data, 0, at), changed, sliceBytes(data, at + 1))
}
const withWord = (data: Hex, at: number, word: bigint): Hex =>
  concatBytes(sliceBytes(data, 0, at), `0x${word.toString(16).padStart(64, '0')}`, sliceBytes(data, at + 32))

/** What the target reported in the newest block. */
async function reported(eventName: 'Routed' | 'Noted') {
  const blockNumber = await chain.publicClient.getBlockNumber({ cacheTime: 0 })
  const logs = await chain.publicClient.getContractEvents({
    address: target,
    abi: pinnedTargetAbi,
    eventName,
    fromBlock: blockNumber,
  })
  return logs.map(({ args }) => args)
}

describe('compile', () => {
  test('default: members of a struct and elements of an array are pinned; what is left open is the agent’s', async () => {
    const { grant } = await granted([rule(PINNED)])
    expect(await redeem(linksOfBranch(grant), call(route('0x1234')))).toBe('ok')
    expect(await reported('Routed')).toMatchObject([{ kind: 3, paid: true, first: 10n, second: 20n, note: '0x1234' }])
  })

  test('attack: one bit anywhere in selector or pinned words, upper bits of address, bool and uint8 too', async () => {
    const { grant } = await granted([rule(PINNED)])
    const honest = route()
    const refusals = await Promise.all(
      Array.from({ length: HEAD - 32 }, async (_, at) => {
        // The last bit of every byte, and the first one.
        const bit = at % 2 === 0 ? 1 : 0x80
        return redeem(linksOfBranch(grant), call(withByte(honest, at, (byte) => byte ^ bit)))
      }),
    )
    expect(new Set(refusals)).toEqual(new Set(['AllowedCalldataEnforcer:invalid-calldata']))
  })

  test('attack: calldata cut short, at every word and within', async () => {
    const { grant } = await granted([rule(PINNED)])
    for (const length of [0, 3, 4, 35, 36, 68, 100, 132, HEAD - 33]) {
      const answer = await redeem(linksOfBranch(grant), call(sliceBytes(route(), 0, length)))
      expect(answer).toMatch(/AllowedCalldataEnforcer:invalid-calldata-length/)
    }
  })

  test('behavior: what is appended is read by nobody: the pinned words stay', async () => {
    const { grant } = await granted([rule(PINNED)])
    expect(await redeem(linksOfBranch(grant), call(concatBytes(route(), `0x${'ff'.repeat(64)}`)))).toBe('ok')
    expect(await reported('Routed')).toMatchObject([{ kind: 3, paid: true, first: 10n, second: 20n, note: '0xc0ffee' }])
  })

  test('attack: an offset that points elsewhere reads the open argument from elsewhere, the pinned ones not', async () => {
    const { grant } = await granted([rule(PINNED)])
    // Onto `limits.1`: twenty bytes behind it are the bytes.
    const bent = withWord(route(), HEAD - 32, 4n * 32n)
    expect(await redeem(linksOfBranch(grant), call(bent))).toBe('ok')
    const [event] = await reported('Routed')
    expect(event).toMatchObject({ kind: 3, paid: true, first: 10n, second: 20n })
    expect(event).not.toMatchObject({ note: '0xc0ffee' })
  })

  test('attack: with every argument pinned nothing is shorter, longer, bent or dirty', async () => {
    const { grant } = await granted([rule({ ...PINNED, rest: { eq: '0xc0ffee' } })])
    const honest = route()
    const bent = concatBytes(withWord(honest, HEAD - 32, 7n * 32n), sliceBytes(honest, HEAD))
    const padded = withByte(honest, byteLength(honest) - 1, () => 1)
    for (const data of [`${honest}00`, sliceBytes(honest, 0, byteLength(honest) - 1), bent, padded] as Hex[]) {
      expect(await redeem(linksOfBranch(grant), call(data))).toMatch(/ExactCalldata/)
    }
    expect(await redeem(linksOfBranch(grant), call(honest))).toBe('ok')
  })

  test('behavior: pins apart from each other are each held, and the selector by itself', async () => {
    const { grant } = await granted([rule({ 'leg.kind': { eq: '3' }, 'limits.1': { eq: '20' } })])
    const honest = route()
    expect(await redeem(linksOfBranch(grant), call(withByte(honest, 4 + 31, () => 9)))).toBe('ok')
    expect(await redeem(linksOfBranch(grant), call(withByte(honest, 4 + 63, () => 9)))).toMatch(/AllowedCalldata/)
    expect(await redeem(linksOfBranch(grant), call(withByte(honest, 4 + 32, () => 1)))).toMatch(/AllowedCalldata/)
    expect(await redeem(linksOfBranch(grant), call(withByte(honest, HEAD - 33, () => 9)))).toMatch(/AllowedCalldata/)
    expect(await redeem(linksOfBranch(grant), call(withByte(honest, 0, () => 9)))).toMatch(/AllowedMethods/)
  })

  test('behavior: one delegation for each function of one target: neither takes the other’s calls', async () => {
    const order = 'function order(uint256 id, address to, bytes32 reference_)'
    const rules = [rule(PINNED), rule({ id: { eq: '7' } }, { id: 'order', function: order })]
    const { grant } = await granted(rules)
    expect(grant.branches.map(({ rule: id }) => id)).toEqual(['act', 'order'])
    const ordering = encodeFunctionData({
      abi: pinnedTargetAbi,
      functionName: 'order',
      args: [7n, A, `0x${'00'.repeat(32)}`],
    })
    expect(await redeem(linksOfBranch(grant, 0), call(ordering))).toMatch(/AllowedCalldata/)
    expect(await redeem(linksOfBranch(grant, 1), call(route()))).toMatch(/AllowedCalldata/)
    expect(await redeem(linksOfBranch(grant, 1), call(ordering))).toBe('ok')
  })

  const misfits = [
    ['compile.condition', 'a dynamic argument pinned beside an open one', { rest: { eq: '0xc0ffee' } }],
    ['compile.condition', 'an element within a range', { 'limits.0': { lte: '10' } }],
  ] as const
  test.each(misfits)('error: %s: %s', (code, _, args) => {
    expect(refusal([rule(args)])).toBe(code)
  })
})

describe('pins by hand', () => {
  test('attack: the last byte of an amount: the rest is anything', async () => {
    const mint = (amount: bigint): Call => ({
      to: chain.token.address,
      value: 0n,
      data: encodeFunctionData({ abi: testTokenAbi, functionName: 'mint', args: [C, amount] }),
    })
    const hole = await naive((kit) =>
      kit
        .addCaveat('allowedTargets', { targets: [chain.token.address] })
        .addCaveat('allowedMethods', { selectors: ['mint(address,uint256)'] })
        .addCaveat('allowedCalldata', { startIndex: 4 + 63, value: '0x05' })
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.partial_pin'])
    const before = await balanceOf(chain, C)
    expect(await redeem([hole], mint(2n ** 200n + 5n))).toBe('ok')
    expect((await balanceOf(chain, C)) - before).toBe(2n ** 200n + 5n)

    const minting = { target: chain.token.address, function: 'function mint(address to, uint256 amount)' }
    const { grant } = await granted([rule({ amount: { eq: '5' } }, minting)])
    expect(await redeem(linksOfBranch(grant), mint(2n ** 200n + 5n))).toMatch(/AllowedCalldata/)
    expect(await redeem(linksOfBranch(grant), mint(5n))).toBe('ok')
  })

  test('attack: twenty bytes of an address: the enforcer lets dirty upper bits through to the target', async () => {
    const hole = await naive((kit) =>
      kit
        .addCaveat('allowedTargets', { targets: [target] })
        .addCaveat('allowedMethods', { selectors: [sliceBytes(route(), 0, 4)] })
        .addCaveat('allowedCalldata', { startIndex: 4 + 12, value: A })
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.partial_pin'])
    const dirty = withByte(route(), 4, () => 0xff)
    // This target looks itself. One that does not would be called with it.
    expect(await redeem([hole], call(dirty))).not.toMatch(/Enforcer/)
    const { grant } = await granted([rule({ 'leg.to': { eq: A } })])
    expect(await redeem(linksOfBranch(grant), call(dirty))).toMatch(/AllowedCalldata/)
  })

  test('attack: the text where an honest caller has it, the offset left open: another text is read', async () => {
    const note = (memo: string) => encodeFunctionData({ abi: pinnedTargetAbi, functionName: 'note', args: [memo] })
    const honest = note('good')
    const hole = await naive((kit) =>
      kit
        .addCaveat('allowedTargets', { targets: [target] })
        .addCaveat('allowedMethods', { selectors: ['note(string)'] })
        .addCaveat('allowedCalldata', { startIndex: 4 + 32, value: sliceBytes(honest, 4 + 32) })
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    const bent = concatBytes(withWord(honest, 4, 96n), sliceBytes(note('evil'), 4 + 32))
    expect(await redeem([hole], call(bent))).toBe('ok')
    expect(await reported('Noted')).toMatchObject([{ memo: 'evil' }])

    const { grant } = await granted([rule({ memo: { eq: 'good' } }, { function: 'function note(string memo)' })])
    expect(await redeem(linksOfBranch(grant), call(bent))).toMatch(/ExactCalldata/)
    expect(await redeem(linksOfBranch(grant), call(honest))).toBe('ok')
  })
})
