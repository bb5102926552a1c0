import { join } from 'node:path'
import { getAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import { codeOf, codeOfAsync } from '../../test/codes.ts'
import { useFolder } from '../../test/rig/cli.ts'
import { commandContext } from '../../test/rig/context.ts'
import { grantId } from '../grant/id.ts'
import { parseToken, tokensIn } from './assets.ts'
import { loadSigner, localAccounts } from './keys.ts'
import type { Session } from './session.ts'
import { holdsBack, owingStops, readStops, removeStop, stopOf, writeStop } from './stops.ts'

const folder = useFolder()
const KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const LOCAL = { id: 31_337, embedded: true }
const MAINNET = { id: 1, embedded: false }
const context = (options = {}, env = {}) => commandContext(join(folder.path, 'home'), options, env)

describe('loadSigner', () => {
  test('default', async () => {
    const account = await loadSigner(context({ account: 'local:agent' }), LOCAL)
    expect(account.address).toBe('0x70997970C51812dc3A010C7d01b50e0d17dc79C8')
    expect((await localAccounts()).map(({ name }) => name)).toContain('local:principal')
  })

  test('behavior: an account named wins over the environment', async () => {
    const account = await loadSigner(context({ account: 'local:vendor' }, { AMBIT_PRIVATE_KEY: KEY }), LOCAL)
    expect(account.address).toBe('0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC')
  })

  test.each([[1], [8_453], [424_242]])('error: a key in the environment on chain %i', async (id) => {
    const env = { AMBIT_PRIVATE_KEY: KEY }
    const error = await codeOfAsync(() => loadSigner(context({}, env), { id, embedded: false }))
    expect(error.code).toBe('key.environment_refused')
    expect(JSON.stringify(error.toProblem())).not.toContain(KEY.slice(2, 12))
    const account = await loadSigner(context({ unsafeEnvKey: true }, env), { id, embedded: false })
    expect(account.address).toBe('0x70997970C51812dc3A010C7d01b50e0d17dc79C8')
  })

  test('error: the public test keys on any chain but the embedded one', async () => {
    for (const chain of [MAINNET, { id: 31_337, embedded: false }, { id: 11_155_111, embedded: false }]) {
      const error = await codeOfAsync(() => loadSigner(context({ account: 'local:principal' }), chain))
      expect(error.code).toBe('key.environment_refused')
    }
  })

  test('error: no key, no such account, no such role', async () => {
    expect((await codeOfAsync(() => loadSigner(context(), LOCAL))).code).toBe('key.none')
    for (const account of ['nobody', '../issuer', '']) {
      expect((await codeOfAsync(() => loadSigner(context({ account }), LOCAL))).code).toBe('key.not_found')
    }
    expect((await codeOfAsync(() => loadSigner(context({ account: 'local:nobody' }), LOCAL))).code).toBe(
      'cli.not_found',
    )
  })
})

describe('parseToken', () => {
  const on = (id: number, local?: unknown) => ({ choice: { id }, local }) as unknown as Session

  test('default', async () => {
    expect(await parseToken(on(1), 'native')).toBe('native')
    expect(await parseToken(on(1), `0x${'AB'.repeat(20)}`)).toBe(`0x${'ab'.repeat(20)}`)
    expect(await parseToken(on(31_337, { token: { address: '0x01' } }), 'USDC')).toBe('0x01')
  })

  test('behavior: USDC is the contract of its issuer, whose checksummed form is pinned here', async () => {
    const issued = {
      1: '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48',
      10: '0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85',
      137: '0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359',
      8453: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
      42161: '0xaf88d065e77c8cC2239327C5EDb3A432268e5831',
      84532: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
      11155111: '0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238',
    }
    for (const [id, address] of Object.entries(issued)) {
      expect(getAddress((await parseToken(on(Number(id)), 'USDC')) as `0x${string}`)).toBe(address)
    }
  })

  test('error: any other symbol, which anybody can give to a token', async () => {
    for (const [id, symbol] of [
      [1, 'DAI'],
      [1, 'UЅDC'],
      [5, 'USDC'],
    ] as const) {
      expect((await codeOfAsync(() => parseToken(on(id), symbol))).code).toBe('cli.usage')
    }
  })
})

describe('tokensIn', () => {
  test('default', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((digit) => `0x${digit.repeat(40)}`)
    const document = {
      rules: [
        { asset: a },
        { asset: { value: b?.toUpperCase().replace('0X', '0x'), source: 'ledger' } },
        { allowance: { asset: c }, spends: [{ asset: d }, { asset: 'native' }] },
      ],
      budgets: { x: { assets: { [String(a)]: '1' } } },
    }
    expect([...tokensIn(document)].sort()).toEqual([a, b, c, d])
  })

  test('behavior: anything at all is read, and only so many tokens', () => {
    for (const hostile of [
      null,
      1,
      'x',
      [],
      { rules: 1 },
      { rules: [null, [], 1] },
      { budgets: { a: null, b: { assets: 1 } } },
    ]) {
      expect(tokensIn(hostile).size).toBe(0)
    }
    const rules = Array.from({ length: 10_000 }, (_, n) => ({ asset: `0x${n.toString(16).padStart(40, '0')}` }))
    expect(tokensIn({ rules }).size).toBe(64)
  })
})

describe('stops', () => {
  const GRANT = `0x${'01'.repeat(32)}` as const
  const [LEAF, OTHER] = [`0x${'02'.repeat(32)}`, `0x${'03'.repeat(32)}`] as const
  const MANAGER = `0x${'04'.repeat(20)}` as const
  const chain = (...hashes: `0x${string}`[]) => {
    const alone = hashes.map((hash) => grantId(MANAGER, 1, [hash]))
    return { id: alone[0] ?? GRANT, hashes, alone }
  }
  const at = '2026-11-20T00:00:00Z'

  test('default: a stop holds for whoever has its delegation in the chain, also a descendant', () => {
    const home = context().home()
    writeStop(home, { grant: GRANT, delegations: [LEAF], at })
    expect(stopOf(home, chain(OTHER, LEAF))?.grant).toBe(GRANT)
    expect(stopOf(home, chain(OTHER))).toBeUndefined()
    expect([removeStop(home, GRANT), removeStop(home, GRANT)]).toEqual([true, false])
    expect(readStops(home)).toEqual([])
  })

  test('behavior: known by its id alone it holds for the grant, and for what hangs on its one last link', () => {
    const home = context().home()
    const id = chain(LEAF).id
    writeStop(home, { grant: id, delegations: [], at })
    expect(stopOf(home, chain(LEAF))?.grant).toBe(id)
    expect(stopOf(home, chain(OTHER, LEAF))?.grant).toBe(id)
    expect(stopOf(home, chain(OTHER))).toBeUndefined()
    removeStop(home, id)
  })

  test('behavior: taken back it holds no longer, while its receipt is still owed', () => {
    const home = context().home()
    const owed = { act: 'resume', grant: '{}', after: 3 } as const
    writeStop(home, { grant: GRANT, delegations: [LEAF], at, owed })
    expect([stopOf(home, chain(LEAF)), holdsBack(home, GRANT)]).toEqual([undefined, false])
    expect(owingStops(home)).toEqual([{ grant: GRANT, delegations: [LEAF], at, owed }])
    removeStop(home, GRANT)
  })

  test.each([
    '',
    '{',
    'null',
    '{}',
    '{"grant":"0x01"}',
    '{"grant":"0x01","delegations":["x"]}',
    '{"grant":"0x01","delegations":[],"owed":{}}',
  ])('error: a stop that reads %j stops everything', (text) => {
    const home = context().home()
    home.write(home.file('stops', 'torn.json'), text)
    expect(codeOf(() => stopOf(home, chain(OTHER))).code).toMatch(/^(?:home\.damaged|json\.invalid)$/)
    home.remove(home.file('stops', 'torn.json'))
  })
})
