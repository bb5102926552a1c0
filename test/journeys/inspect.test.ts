import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { redeem } from '../../src/chain/redeem.ts'
import { revoke } from '../../src/chain/revoke.ts'
import { upgradeAccount } from '../../src/chain/upgradeAccount.ts'
import { compile } from '../../src/compile/compile.ts'
import { hashDelegation } from '../../src/delegation/hash.ts'
import { attenuateGrant } from '../../src/grant/attenuate.ts'
import { signGrant } from '../../src/grant/create.ts'
import { serializeGrant } from '../../src/grant/serialize.ts'
import type { Grant } from '../../src/grant/types.ts'
import { parseScope } from '../../src/scope/parse.ts'
import { PAYEES } from '../arbitraries/scope.ts'
import { countingSalt } from '../arbitraries/signedGrant.ts'
import { mint, useChain } from '../rig/chain.ts'
import { ambit, useFolder } from '../rig/cli.ts'
import { actionOf, addressOf, nodeOf, transferCall } from '../rig/grant.ts'

/** `ambit inspect` over siblings that share a parent, at named blocks of a real chain, in its three forms. */

const chain = useChain()
const folder = useFolder()
const UNIT = 1_000_000n
const salt = countingSalt(90_000n)
/** A symbol that a token gave itself. */
const SYMBOL = '"]; click x</text><script>\u202e'

const file = (name: string) => join(folder.path, `${name}.json`)
const node = () => nodeOf(chain.rpcUrl)
const addressAt = (index: number) => addressOf(chain.accounts[index] as (typeof chain.accounts)[0])

function scopeFor(delegate: number, max: string, maxDepth: number) {
  const token = chain.token.address
  return parseScope({
    version: 1,
    task: { id: 'siblings', purpose: 'Share what one parent has' },
    chainId: chain.chainId,
    principal: addressAt(0),
    delegate: addressAt(delegate),
    rules: [{ id: 'pay', class: 'transfer', asset: token, to: [PAYEES[0]], budget: 'pay' }],
    budgets: { pay: { assets: { [token]: '1' }, max } },
    expiry: '2096-01-01T00:00:00Z',
    redelegation: { maxDepth },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1Y' },
    assets: { [token]: { symbol: SYMBOL, decimals: 6 } },
  })
}

async function inspect(...argv: string[]) {
  const chainFlags = ['--chain', '31337', '--rpc-url', chain.rpcUrl, '--deployment', file('deployment')]
  return ambit(['inspect', ...argv, ...chainFlags], { home: join(folder.path, 'home') })
}

let siblings: Grant[] = []
let before = 0n
const hashes = () => siblings.map((grant) => hashDelegation(grant.delegations[1] as Grant['delegations'][number]))

beforeAll(async () => {
  const { environment } = chain
  const [alice, agent, first, second] = chain.accounts
  if (second === undefined || first === undefined) throw new TypeError('too few accounts')
  await upgradeAccount(node(), { account: alice, environment })
  await mint(chain, addressAt(0), 100n * UNIT)
  const scope = scopeFor(1, '10', 1)
  const parent = await signGrant(scope, compile(scope, environment, { salt, nonce: 0n }), alice)
  const handOn = (delegate: number) =>
    attenuateGrant(parent, { scope: scopeFor(delegate, '8', 0), environment, nonce: 0n, salt, account: agent })
  siblings = [await handOn(2), await handOn(3)]
  writeFileSync(file('deployment'), JSON.stringify(environment))
  for (const [index, grant] of siblings.entries()) writeFileSync(file(`g${index}`), serializeGrant(grant))
  before = await chain.publicClient.getBlockNumber({ cacheTime: 0 })
  const action = actionOf(chain, addressAt(2), transferCall(chain.token.address, PAYEES[0], 7n * UNIT))
  const [mine, other] = siblings
  if (mine === undefined || other === undefined) throw new TypeError('two siblings')
  await redeem(node(), { grant: mine, action, environment, account: first, pollingInterval: 20 })
  await revoke(node(), { grant: other, environment, account: agent, pollingInterval: 20 })
})

describe('ambit inspect', () => {
  test('default: several grants as one tree, each link with what it has left, at one named block', async () => {
    const { data } = (await inspect(file('g0'), file('g1'), '--json')).json()
    expect(data).toMatchObject({ kind: 'grants', chainAsked: true, block: { hash: expect.stringMatching(/^0x/) } })
    expect(data.grants.map(({ status }: { status: string }) => status)).toEqual(['valid', 'invalid'])
    const [parent, mine, other] = data.links
    expect(data.links).toHaveLength(3)
    expect(parent).toMatchObject({
      meters: { own: [{ limit: '10000000', used: '7000000', left: '3000000' }], remaining: [{ inherited: false }] },
      state: { kind: 'live' },
    })
    expect(mine).toMatchObject({ meters: { own: [{ left: '1000000' }], remaining: [{ left: '1000000' }] } })
    expect(other).toMatchObject({
      // Eight by itself, three under what its sibling left.
      meters: {
        own: [{ left: '8000000' }],
        remaining: [{ left: '3000000', by: parent.hash, inherited: true }],
      },
      ended: { code: 'revoked', by: hashes()[1], inherited: false },
      state: { kind: 'ended', text: 'revoked' },
    })
  })

  test('behavior: an older block shows what was left then', async () => {
    const { data } = (await inspect(file('g0'), '--block', String(before), '--json')).json()
    expect(data).toMatchObject({ kind: 'grant', status: 'valid', block: { number: String(before) } })
    expect(data.links.map((link: { meters: { own: { left: string }[] } }) => link.meters.own[0]?.left)).toEqual([
      '10000000',
      '8000000',
    ])
    const again = (await inspect(file('g0'), '--block', data.block.hash, '--json')).json()
    expect(again.data.links).toEqual(data.links)
  })

  test('behavior: the tree alone as text, Mermaid and SVG, whatever a token calls itself', async () => {
    const forms = await Promise.all(
      ['text', 'mermaid', 'svg'].map((form) => inspect(file('g0'), file('g1'), '--tree', form)),
    )
    expect(forms.map(({ exit }) => exit)).toEqual([0, 0, 0])
    const [text = '', mermaid = '', svg = ''] = forms.map(({ stdout }) => stdout)
    expect(text.split('\n').filter((line) => /└─|├─/.test(line))).toHaveLength(3)
    for (const hash of hashes()) expect(text).toContain(hash)
    expect(mermaid).toMatch(/^flowchart TD\n/)
    expect(mermaid.split('\n').filter((line) => line.includes('-->'))).toEqual(['  d0 --> d1', '  d0 --> d2'])
    expect(mermaid).not.toMatch(/^\s*click/m)
    expect(svg).toMatch(/^<svg [^>]*role="img"/)
    expect(svg.trimEnd()).toMatch(/<\/svg>$/)
    expect(svg).not.toContain('<script')
    for (const out of [text, mermaid, svg]) expect(out).not.toContain('\u202e')
    const { data } = (await inspect(file('g0'), file('g1'), '--tree', 'svg', '--json')).json()
    expect(data.tree).toEqual({ form: 'svg', text: svg })
  })

  test('error: no such form, no such block, a block without a chain, a context among grants', async () => {
    expect((await inspect(file('g0'), '--tree', 'png', '--json')).json().error?.code).toBe('cli.usage')
    expect((await inspect(file('g0'), '--block', 'soon', '--json')).json().error?.code).toBe('cli.usage')
    const far = await inspect(file('g0'), '--block', '99999999', '--json')
    expect(far.json().error?.code).toBe('chain.block_mismatch')
    const alone = await ambit(['inspect', file('g0'), '--deployment', file('deployment'), '--block', '1', '--json'], {
      home: join(folder.path, 'home'),
    })
    expect(alone.json().error).toMatchObject({ code: 'cli.missing_option', details: { flag: '--chain' } })
    const mixed = await inspect(file('g0'), `0x${'00'.repeat(200)}`, '--json')
    expect(mixed.json().error?.code).toBe('cli.usage')
  })
})
