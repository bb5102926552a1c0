import fc from 'fast-check'
import { getContractAddress } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeCaveat, encodeCaveat } from '../../src/caveats/caveat.ts'
import type { KnownCaveat, KnownKind } from '../../src/caveats/codec.ts'
import { CaveatError, type CaveatErrorCode } from '../../src/caveats/errors.ts'
import { codecByKind, codecs } from '../../src/caveats/registry.ts'
import { readBlock } from '../../src/chain/block.ts'
import { getEnvironment, knownChains } from '../../src/chain/deployments.ts'
import type { Session } from '../../src/cli/session.ts'
import { assertKnownContracts } from '../../src/cli/trustGrant.ts'
import { byteLength, concatBytes, type Hex, sliceBytes } from '../../src/primitives/hex.ts'
import { bytecode, SALT } from '../../src/testing/recorded/specificActionBatch.ts'
import { anyKnownCaveat } from '../arbitraries/caveat.ts'
import { useChain } from '../rig/chain.ts'
import { addressOf, type EnforcerReader, enforcerReader, fieldsOf, hook, readOnChain } from '../rig/enforcerTerms.ts'

/** What the real enforcers read in terms, beside what our codecs read in them. */

const chain = useChain()
let reader: EnforcerReader
beforeAll(async () => {
  reader = await enforcerReader(chain)
})

/** Terms that the contract takes and we do not, and why. Everything else must be taken by both or by none. */
const STRICTER: Readonly<Partial<Record<KnownKind, Readonly<Partial<Record<CaveatErrorCode, string>>>>>> = {
  allowedCalldata: { 'caveats.unsatisfiable': 'no calldata reaches that far: the hook refuses every call' },
  blockNumber: { 'caveats.unsatisfiable': 'no block lies between the bounds: the hook refuses every call' },
  erc1155BalanceChange: { 'caveats.out_of_range': 'a second spelling of decrease' },
  erc20BalanceChange: { 'caveats.out_of_range': 'a second spelling of decrease' },
  erc20PeriodTransfer: { 'caveats.zero': 'the hook refuses every call' },
  erc20Streaming: {
    'caveats.zero': 'the hook refuses every call',
    'caveats.unsatisfiable': 'the most is below the start: the hook refuses every call',
  },
  erc721BalanceChange: { 'caveats.out_of_range': 'a second spelling of decrease' },
  exactCalldataBatch: {
    'caveats.not_canonical': 'a second spelling, which another reader may follow elsewhere',
    'caveats.empty_list': 'an empty batch does nothing',
  },
  exactExecutionBatch: {
    'caveats.not_canonical': 'a second spelling, which another reader may follow elsewhere',
    'caveats.empty_list': 'an empty batch does nothing',
  },
  limitedCalls: { 'caveats.zero': 'the hook refuses every call' },
  logicalOr: {
    'caveats.not_canonical': 'a second spelling, which another reader may follow elsewhere',
    'caveats.empty_list': 'there is no group to choose: the hook refuses every call',
  },
  multiTokenPeriod: { 'caveats.zero': 'the hook refuses every use of that entry' },
  nativeBalanceChange: { 'caveats.out_of_range': 'a second spelling of decrease' },
  nativePeriodTransfer: { 'caveats.zero': 'the hook refuses every call' },
  nativeStreaming: {
    'caveats.zero': 'the hook refuses every call',
    'caveats.unsatisfiable': 'the most is below the start: the hook refuses every call',
  },
  nativeTransferAmount: { 'caveats.wrong_length': 'the contract drops what follows the first word' },
  timestamp: { 'caveats.unsatisfiable': 'no second lies between the bounds: the hook refuses every call' },
}

/** Some of every kind, the same in each run. */
function samples(count: number): Map<KnownKind, KnownCaveat[]> {
  const byKind = new Map<KnownKind, KnownCaveat[]>()
  for (const caveat of fc.sample(anyKnownCaveat({ small: true }), { numRuns: count * 60, seed: 11 })) {
    const list = byKind.get(caveat.kind) ?? []
    if (list.length < count) byKind.set(caveat.kind, [...list, caveat])
  }
  return byKind
}

/** Terms next to good ones: shorter, longer, and with words and bytes of other values. */
function neighbours(terms: Hex): Hex[] {
  const size = byteLength(terms)
  const out: Hex[] = ['0x', sliceBytes(terms, 0, size >> 1), `${terms}00`, `${terms}${'00'.repeat(32)}`, `${terms}01`]
  if (size > 0) out.push(sliceBytes(terms, 0, size - 1), sliceBytes(terms, 1))
  for (let at = 0; at < size; at += Math.max(1, Math.floor(size / 12))) {
    for (const value of ['00', 'ff', '02'])
      out.push(concatBytes(sliceBytes(terms, 0, at), `0x${value}`, sliceBytes(terms, at + 1)))
    const end = Math.min(at + 32, size)
    out.push(concatBytes(sliceBytes(terms, 0, at), `0x${'00'.repeat(end - at)}`, sliceBytes(terms, end)))
  }
  return [...new Set(out)].filter((other) => other !== terms)
}

describe('codecs', () => {
  test('default: every enforcer reads in our terms what we wrote', async () => {
    const chosen = samples(5)
    expect([...chosen.keys()].sort()).toEqual(codecs.map(({ kind }) => kind).sort())
    await Promise.all(
      [...chosen.values()].flat().map(async (caveat) => {
        const { terms } = encodeCaveat(chain.environment, caveat)
        expect([caveat.kind, await readOnChain(reader, caveat.kind, terms)]).toEqual([caveat.kind, fieldsOf(caveat)])
      }),
    )
  })

  test('behavior: near good terms we read what the contract reads, and refuse what it refuses', async () => {
    const seen = { both: new Set<string>(), none: new Set<string>(), stricter: new Set<string>() }
    const wrong: unknown[] = []
    const judge = async (kind: KnownKind, terms: Hex) => {
      const onChain = await readOnChain(reader, kind, terms)
      const ours = decodeCaveat(chain.environment, { enforcer: addressOf(reader, kind), terms, args: '0x' })
      if (ours.kind === 'unknown') {
        const code = refusalOf(kind, terms)
        if (onChain === null) seen.none.add(kind)
        else if (STRICTER[kind]?.[code] !== undefined) seen.stricter.add(`${kind} ${code}`)
        else wrong.push({ kind, terms, code, onChain })
        return
      }
      seen.both.add(kind)
      const fields = fieldsOf(ours)
      if (JSON.stringify(onChain, asText) !== JSON.stringify(fields, asText))
        wrong.push({ kind, terms, fields, onChain })
    }
    const jobs = [...samples(8)].flatMap(([kind, caveats]) =>
      caveats.flatMap((caveat) =>
        neighbours(encodeCaveat(chain.environment, caveat).terms).map((terms) => [kind, terms] as const),
      ),
    )
    expect(jobs.length).toBeGreaterThan(5_000)
    for (let at = 0; at < jobs.length; at += 200)
      await Promise.all(jobs.slice(at, at + 200).map(([kind, terms]) => judge(kind, terms)))
    expect(wrong).toEqual([])
    expect([...seen.stricter].sort()).toEqual(
      Object.entries(STRICTER)
        .flatMap(([kind, codes]) => Object.keys(codes).map((code) => `${kind} ${code}`))
        .sort(),
    )
    const free = ['argsEqualityCheck', 'exactCalldata']
    expect([...seen.none].sort()).toEqual(
      codecs
        .map(({ kind }) => kind as string)
        .filter((kind) => !free.includes(kind))
        .sort(),
    )
    expect(seen.both.size).toBeGreaterThan(25)
  })

  test('behavior: terms that we refuse because no call could pass are refused by the hook, good ones are not', async () => {
    const { number, timestamp } = await readBlock(reader.client)
    const token = chain.token.address
    const word = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`
    const half = (value: bigint): Hex => `0x${value.toString(16).padStart(32, '0')}`
    const nothingAt = (terms: Hex, at: number): Hex =>
      concatBytes(sliceBytes(terms, 0, at), word(0n), sliceBytes(terms, at + 32))
    const transfer = concatBytes(token, word(0n), '0xa9059cbb', word(BigInt(token)), word(1n))
    const payment = concatBytes(token, word(1n))
    const period = { amount: 5n, duration: 86_400n, start: 1n }
    const stream = { initial: 5n, max: 9n, perSecond: 1n, start: 1n }
    const good: { caveat: KnownCaveat; execution: Hex; args?: Hex; bad: (terms: Hex) => Hex[] }[] = [
      { caveat: { kind: 'limitedCalls', limit: 1n }, execution: payment, bad: () => [word(0n)] },
      {
        caveat: { kind: 'erc20PeriodTransfer', token, ...period },
        execution: transfer,
        bad: (terms) => [20, 52, 84].map((at) => nothingAt(terms, at)),
      },
      {
        caveat: { kind: 'nativePeriodTransfer', ...period },
        execution: payment,
        bad: (terms) => [0, 32, 64].map((at) => nothingAt(terms, at)),
      },
      {
        caveat: { kind: 'multiTokenPeriod', periods: [{ token, ...period }] },
        execution: transfer,
        args: word(0n),
        bad: (terms) => [20, 52, 84].map((at) => nothingAt(terms, at)),
      },
      {
        caveat: { kind: 'erc20Streaming', token, ...stream },
        execution: transfer,
        bad: (terms) => [52, 116].map((at) => nothingAt(terms, at)),
      },
      {
        caveat: { kind: 'nativeStreaming', ...stream },
        execution: payment,
        bad: (terms) => [32, 96].map((at) => nothingAt(terms, at)),
      },
      {
        caveat: { kind: 'timestamp', after: timestamp - 1n, before: timestamp + 1n },
        execution: payment,
        bad: () => [0n, 1n].map((ago) => concatBytes(half(timestamp - ago), half(timestamp - ago + 1n))),
      },
      {
        caveat: { kind: 'blockNumber', after: number - 1n, before: number + 1n },
        execution: payment,
        bad: () => [0n, 1n].map((ago) => concatBytes(half(number - ago), half(number - ago + 1n))),
      },
      {
        caveat: { kind: 'allowedCalldata', start: 0n, value: '0xa9' },
        execution: transfer,
        bad: () => [2n ** 32n, 2n ** 256n - 1n].map((start) => concatBytes(word(start), '0xa9')),
      },
    ]
    for (const { caveat, execution, bad, args = '0x' } of good) {
      const { enforcer, terms } = encodeCaveat(chain.environment, caveat)
      const passes = async (other: Hex) =>
        (await hook(reader, 'beforeHook', enforcer, { terms: other, args, execution })).status === 'ok'
      expect([caveat.kind, await passes(terms)]).toEqual([caveat.kind, true])
      for (const other of bad(terms)) {
        expect(STRICTER[caveat.kind]?.[refusalOf(caveat.kind, other)]).toMatch(/the hook refuses|no calldata/)
        expect([caveat.kind, other, await passes(other)]).toEqual([caveat.kind, other, false])
      }
    }
  })
})

describe('assertKnownContracts', () => {
  test('error: an enforcer of other code, before anything is signed under it, and only then', async () => {
    const { environment, testClient } = chain
    const session = { node: reader.client, environment } as Session
    const drafts = [{ caveats: [encodeCaveat(environment, { kind: 'limitedCalls', limit: 1n })] }]
    const address = addressOf(reader, 'limitedCalls')
    const honest = (await chain.publicClient.getCode({ address })) as Hex
    await testClient.setCode({
      address,
      bytecode: (await chain.publicClient.getCode({ address: addressOf(reader, 'id') })) as Hex,
    })
    await expect(assertKnownContracts(session, drafts)).rejects.toMatchObject({
      code: 'chain.wrong_code',
      details: { contracts: [expect.stringContaining(`LimitedCallsEnforcer ${address}`)] },
    })
    await assertKnownContracts(session, [{ caveats: [encodeCaveat(environment, { kind: 'id', id: 1n })] }])
    await testClient.setCode({ address, bytecode: honest })
    await assertKnownContracts(session, drafts)
  })
})

describe('the recorded code', () => {
  test('behavior: it is what stands at the canonical address of every known chain', () => {
    const from = '0x4e59b44847b379578588920ca78fbf26c0b4956c'
    const address = getContractAddress({ opcode: 'CREATE2', from, salt: SALT, bytecode }).toLowerCase()
    for (const chainId of knownChains)
      expect(getEnvironment(chainId).enforcers['SpecificActionERC20TransferBatchEnforcer']).toBe(address)
  })
})

function refusalOf(kind: KnownKind, terms: Hex): CaveatErrorCode {
  try {
    codecByKind[kind].decode(terms)
  } catch (error) {
    if (error instanceof CaveatError) return error.code
    throw error
  }
  throw new RangeError('The codec reads what decodeCaveat does not')
}

function asText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
