import { createClient, custom } from 'viem'
import { describe, expect, test } from 'vitest'
import type { Hex } from '../primitives/hex.ts'
import { getEnvironment } from './deployments.ts'
import { readDisabling } from './readDisabling.ts'
import { DISABLED } from './readEndings.ts'

const environment = getEnvironment(8453)
const word = (byte: string): Hex => `0x${byte.repeat(32)}`
const [mine, other, transaction, block] = [word('a1'), word('b2'), word('c3'), word('d4')]
const elsewhere: Hex = `0x${'66'.repeat(20)}`

type Log = { address: Hex; topics: readonly Hex[] }
const told = (hash: Hex, more: Partial<Log> = {}): Log => ({
  address: environment.manager,
  topics: [DISABLED, hash, word('00'), word('00')],
  ...more,
})

/** A node that knows one transaction: what it did, whether its block is canonical, and which flags are set there. */
function nodeOf({
  logs = [],
  status = '0x1',
  canonical = true,
  known = true,
  disabled = [mine, other],
}: {
  logs?: readonly Log[]
  status?: Hex
  canonical?: boolean
  known?: boolean
  disabled?: readonly Hex[]
}) {
  const log = ({ address, topics }: Log, index: number) => ({
    address,
    topics,
    data: '0x',
    logIndex: `0x${index.toString(16)}`,
    transactionHash: transaction,
    blockHash: block,
    blockNumber: '0x7',
  })
  const receipt = {
    transactionHash: transaction,
    from: elsewhere,
    to: environment.manager,
    blockHash: block,
    blockNumber: '0x7',
    status,
    gasUsed: '0x5208',
    logs: logs.map(log),
  }
  return createClient({
    transport: custom(
      {
        request: async ({ method, params }: { method: string; params: never[] }) => {
          if (method === 'eth_getTransactionReceipt') return known ? receipt : null
          if (method === 'eth_getBlockByNumber') {
            return { number: '0x7', hash: canonical ? block : word('ee'), parentHash: word('00'), timestamp: '0x1' }
          }
          const { data } = params[0] as unknown as { data: Hex }
          return `0x${(disabled.some((hash) => data.endsWith(hash.slice(2))) ? '1' : '0').padStart(64, '0')}`
        },
      },
      { retryCount: 0 },
    ),
  })
}

const read = (node: Parameters<typeof nodeOf>[0], delegations: readonly Hex[] = [mine]) =>
  readDisabling(nodeOf(node), { environment, delegations, transaction })

describe('readDisabling', () => {
  test('default: those that the manager tells of in it, and that are disabled in its block', async () => {
    const included = { status: 'included', blockNumber: 7n }
    expect(await read({ logs: [told(mine)] })).toEqual({ ...included, delegations: [mine] })
    expect(await read({ logs: [told(mine), told(other)] }, [other, mine])).toEqual({
      ...included,
      delegations: [other, mine],
    })
    expect(await read({ logs: [told(other)] })).toEqual({ ...included, delegations: [] })
    expect(await read({ logs: [] })).toEqual({ ...included, delegations: [] })
  })

  test.each<[string, Partial<Log>]>([
    ['another contract says so', { address: elsewhere }],
    ['the manager says something else', { topics: [word('99'), mine, word('00'), word('00')] }],
    ['the hash stands in another place', { topics: [DISABLED, other, mine, word('00')] }],
  ])('error: %s', async (_what, more) => {
    expect(await read({ logs: [told(mine, more)] })).toMatchObject({ delegations: [] })
  })

  test('error: told, and not disabled in that block', async () => {
    expect(await read({ logs: [told(mine), told(other)], disabled: [other] }, [mine, other])).toMatchObject({
      delegations: [other],
    })
  })

  test('error: reverted, in no canonical block, unknown', async () => {
    expect(await read({ logs: [told(mine)], status: '0x0' })).toEqual({ status: 'reverted', blockNumber: 7n })
    expect(await read({ logs: [told(mine)], canonical: false })).toEqual({ status: 'absent' })
    expect(await read({ known: false })).toEqual({ status: 'absent' })
  })
})
