import fc from 'fast-check'
import { encodeFunctionData } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CaveatErrorCode } from '../../../src/caveats/errors.ts'
import { taskScope } from '../../../src/caveats/taskScope/terms.ts'
import { callAt } from '../../../src/chain/rpc.ts'
import { taskScopeReaderAddress } from '../../../src/chain/taskScope.ts'
import type { Hex } from '../../../src/primitives/hex.ts'
import { anyTaskScope } from '../../arbitraries/taskScopeCaveat.ts'
import { codeOf } from '../../codes.ts'
import { useChain } from '../../rig/chain.ts'
import { type EnforcerReader, enforcerReader } from '../../rig/enforcerTerms.ts'
import { taskScopeReaderAbi as abi } from './abi.ts'
import { encodeInfo } from './info.ts'

/** The strict reader on a chain beside the codec, over terms that are one byte away from good ones. */

const chain = useChain()
let reader: EnforcerReader
beforeAll(async () => {
  reader = await enforcerReader(chain)
})

/** A byte, what becomes of it. */
const mutation = fc.tuple(
  fc.oneof(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.double({ min: 0, max: 0.2, noNaN: true })),
  fc.oneof(
    fc.constantFrom(
      () => 0,
      () => 0xff,
      (byte: number) => byte ^ 0x80,
      (byte: number) => (byte + 1) & 0xff,
      (byte: number) => (byte + 255) & 0xff,
    ),
    fc.integer({ min: 0, max: 7 }).map((bit) => (byte: number) => byte ^ (1 << bit)),
    fc.integer({ min: 1, max: 255 }).map((other) => (byte: number) => byte ^ other),
  ),
)

/** The bytes with one changed, or one fewer or more. */
function changed(terms: Hex, place: number, change: (byte: number) => number): Hex {
  const bytes = Buffer.from(terms.slice(2), 'hex')
  const at = Math.floor(place * bytes.length)
  bytes[at] = change(bytes[at] as number)
  return `0x${bytes.toString('hex')}`
}

/** What the codec reads, as the contract would answer it, or why it does not. */
function ours(terms: Hex): { info: Hex } | { code: CaveatErrorCode } {
  try {
    return { info: encodeInfo(taskScope.decode(terms)) }
  } catch {
    return { code: codeOf(() => taskScope.decode(terms)).code as CaveatErrorCode }
  }
}

async function theirs(terms: Hex): Promise<Hex | null> {
  const to = taskScopeReaderAddress(chain.environment.manager)
  const data = encodeFunctionData({ abi, functionName: 'getTermsInfo', args: [terms] })
  const answer = await callAt(reader.client, { to, data, block: reader.block })
  return answer.status === 'ok' ? answer.data : null
}

describe('taskScope', () => {
  test('behavior: near good terms the codec and the contract read the same, or both refuse', async () => {
    const good = fc
      .sample(anyTaskScope({ small: true }), { numRuns: 110, seed: 31 })
      .map((terms) => taskScope.encode(terms))
    const changes = fc.sample(fc.array(mutation, { minLength: 24, maxLength: 24 }), { numRuns: good.length, seed: 32 })
    const all = good.flatMap((terms, index) => [
      terms,
      terms.slice(0, -2) as Hex,
      `${terms}00` as Hex,
      ...(changes[index] ?? []).map(([place, change]) => changed(terms, place, change)),
    ])
    const refused = new Map<string, number>()
    const wrong: unknown[] = []
    let taken = 0
    for (let at = 0; at < all.length; at += 200) {
      const chunk = all.slice(at, at + 200)
      const answers = await Promise.all(chunk.map(theirs))
      for (const [index, terms] of chunk.entries()) {
        const [mine, answer] = [ours(terms), answers[index]]
        if ('info' in mine ? mine.info !== answer : answer !== null) wrong.push({ terms, mine, answer })
        if ('info' in mine) taken++
        else refused.set(mine.code, (refused.get(mine.code) ?? 0) + 1)
      }
    }
    expect(wrong).toEqual([])
    expect(all.length).toBeGreaterThan(2_900)
    expect(taken).toBeGreaterThan(300)
    expect([...refused.keys()].sort()).toEqual([
      'caveats.not_canonical',
      'caveats.out_of_range',
      'caveats.unsatisfiable',
      'caveats.wrong_length',
      'caveats.zero',
    ])
  }, 240_000)
})
