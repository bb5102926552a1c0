import { beforeAll, describe, expect, test } from 'vitest'
import { makeGrant, richDocument } from '../../test/arbitraries/signedGrant.ts'
import {
  environment,
  factsOf,
  memorySource,
  NOW,
  openConsole,
  payingGrant,
  reading,
  rowOf,
} from '../../test/fixtures/console.ts'
import { assertHarmless, HOSTILE, MOST, words } from '../../test/fixtures/consolePage.ts'
import { GrantError } from '../grant/errors.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { createConsole } from './app.ts'
import type { GrantFacts, HealthCheck } from './source.ts'

let grant: Grant
let facts: GrantFacts
let delegator: string
beforeAll(async () => {
  grant = await payingGrant()
  facts = factsOf(grant)
  delegator = facts.enders[0]?.delegator ?? ''
})

async function textOf(path: string, source = memorySource([facts])): Promise<string> {
  const browser = await openConsole(source)
  return (await browser.get(path)).text()
}

describe('overview', () => {
  test('default: what stands open, what can leave, and the tree with its budgets', async () => {
    const text = words(await textOf('/'))
    expect(text).toContain('One grant stands open')
    expect(text).toContain('at block 4242 of base')
    // From 21 November 12:00 to 20 December, 200 a day: the present day and 28 more.
    expect(text).toContain('5\u202f800 USDC')
    expect(text).toContain('125 USDC left of 200 USDC 75 USDC used')
  })

  test('behavior: says so where nothing is granted, and where nothing stands any more', async () => {
    expect(words(await textOf('/', memorySource([])))).toContain('Nothing is granted')
    const ended = { ...facts, standing: { status: 'ended', why: 'revoked' } } as const
    const text = words(await textOf('/', memorySource([ended])))
    expect(text).toContain('Nothing stands open')
    expect(text).toMatch(/Can still leave, at most Nothing/)
  })

  test('behavior: two grants are two', async () => {
    const other = factsOf(await payingGrant({ task: { id: 'other', purpose: 'p' } }))
    expect(words(await textOf('/', memorySource([facts, other])))).toContain('2 grants stand open')
  })

  test('behavior: what ended is dashed, and last', async () => {
    const other = factsOf(await payingGrant({ task: { id: 'other', purpose: 'p' } }))
    const links = facts.links.map((link) => ({
      ...link,
      drawn: { ...link.drawn, state: { kind: 'ended', text: 'revoked' } as const },
    }))
    const page = await textOf('/', memorySource([{ ...facts, links }, other]))
    expect(page).toMatch(/<li class="ended"><div class="card ended">/)
    expect(page.indexOf('>other<')).toBeLessThan(page.indexOf('>invoices<'))
    expect(words(page)).toContain('invoices Revoked')
  })

  test('behavior: reads anew by itself only where somebody asked for it', async () => {
    expect(await textOf('/')).not.toContain('http-equiv')
    expect(await textOf('/?live=0')).not.toContain('http-equiv')
    expect(await textOf('/?live=1')).toContain('<meta http-equiv="refresh" content="15">')
  })

  test('behavior: without a chain it says what it cannot know', async () => {
    const source = memorySource([facts], { overview: { reading: { ...reading, block: null } } })
    expect(words(await textOf('/', source))).toContain('No chain was asked')
  })

  test('behavior: a grant whose file cannot be read is listed, not lost', async () => {
    const id: Hex = `0x${'ee'.repeat(32)}`
    const row = rowOf(grant, { id, grant: null, hashes: [], status: 'unreadable', why: 'grant.malformed' })
    const source = memorySource([facts], { overview: { grants: [rowOf(grant), row] } })
    const text = words(await textOf('/', source))
    expect(text).toContain('Not drawn')
    expect(text).toContain('Unreadable')
  })

  test('behavior: many grants are several pages of at most thirty kilobytes', async () => {
    const many = await Promise.all(
      Array.from({ length: 40 }, async (_, index) =>
        factsOf(await payingGrant({ task: { id: `task-${index}`, purpose: 'p' } })),
      ),
    )
    const browser = await openConsole(memorySource(many))
    const seen = new Set<string>()
    for (let path: string | undefined = '/'; path !== undefined; ) {
      const page: string = await (await browser.get(path)).text()
      expect([path, new Blob([page]).size < MOST]).toEqual([path, true])
      for (const [, task = ''] of page.matchAll(/>(task-\d+)</g)) seen.add(task)
      path = /aria-current="page">\d+<\/a><\/li><li><a href="([^"]+)"/.exec(page)?.[1]
    }
    expect(seen.size).toBe(40)
  })

  test.each(['0', '-1', 'x', '99999', '1e3', ''])('error: a page that is none is the first: %s', async (page) => {
    expect(await textOf(`/?page=${page}`)).toContain('>invoices<')
  })
})

describe('grant', () => {
  const path = () => `/grants/${grant.id}`

  test('default: sentence, meter, bars, what it cannot do, and how it ends', async () => {
    const text = words(await textOf(path()))
    for (const part of [
      'invoices',
      'Pay the invoices',
      'Live',
      '125 USDC left of 200 USDC',
      'limit 200 USDC',
      'now: 75 USDC',
      'Move anything but USDC',
      'Pay anybody but the 2 payees named',
      'Stop here',
      'Revoke…',
      'Who holds each constraint',
    ]) {
      expect(text).toContain(part)
    }
  })

  test('behavior: one heading of the first order, then in order, and every form control has its label', async () => {
    for (const at of ['/', path(), `${path()}/raw`, `${path()}/revoke/${delegator}`, '/health']) {
      const page = await textOf(at)
      const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level))
      expect([at, levels.filter((level) => level === 1).length, levels[0]]).toEqual([at, 1, 1])
      expect([at, levels.every((level, index) => index === 0 || level <= (levels[index - 1] ?? 0) + 1)]).toEqual([
        at,
        true,
      ])
      expect(page.match(/<main /g)).toHaveLength(1)
      expect(page).toContain('<html lang="en">')
    }
  })

  test('behavior: stopped here can be resumed; stopped above cannot', async () => {
    const own = words(
      await textOf(path(), memorySource([{ ...facts, stopped: { by: grant.id, at: '2026-11-21', own: true } }])),
    )
    expect(own).toContain('Stopped on this machine')
    expect(own).toContain('Resume')
    const above: Hex = `0x${'ab'.repeat(32)}`
    const under = await textOf(
      path(),
      memorySource([{ ...facts, stopped: { by: above, at: '2026-11-21', own: false } }]),
    )
    expect(words(under)).not.toContain('Resume')
    expect(under).toContain(`href="/grants/${above}"`)
  })

  test('behavior: both acts reach the source, and are told on the page after', async () => {
    const source = memorySource([facts])
    const browser = await openConsole(source)
    for (const act of ['stop', 'resume']) {
      const response = await browser.post(`${path()}/${act}`)
      const next = await (await browser.get(response.headers.get('location') ?? '')).text()
      expect(next).toContain('role="status"')
    }
    expect(source.done).toEqual([`stop ${grant.id}`, `resume ${grant.id}`])
    expect(await textOf(`${path()}?done=<b>`)).not.toContain('role="status"')
    expect(await textOf(`${path()}?done=toString`)).not.toContain('role="status"')
  })

  test('behavior: a wallet is asked for exactly what the server prepared', async () => {
    const page = await textOf(`${path()}/revoke/${delegator}`)
    const [, data = ''] = /data-wallet="([^"]*)"/.exec(page) ?? []
    expect(JSON.parse(data.replaceAll('&quot;', '"'))).toEqual({
      account: delegator,
      chainId: '0x2105',
      requests: [
        {
          method: 'eth_sendTransaction',
          params: [{ from: delegator, to: environment.manager, data: '0xabcdef', value: '0x0' }],
        },
      ],
      verb: 'Revoke with',
      danger: true,
    })
  })

  test('behavior: a contract account, and a key that is here, are ended in a terminal', async () => {
    const [ender] = facts.enders
    const contract = await textOf(
      `${path()}/revoke/${delegator}`,
      memorySource([
        { ...facts, enders: [{ ...(ender as GrantFacts['enders'][number]), contract: true, transactions: null }] },
      ]),
    )
    expect(contract).not.toContain('data-wallet')
    expect(contract).not.toContain('<script')
    expect(words(contract)).toContain('ambit revoke x --account treasury')
    expect(words(contract)).toContain('its owner signs')
    const here = words(
      await textOf(
        `${path()}/revoke/${delegator}`,
        memorySource([{ ...facts, enders: [{ ...(ender as GrantFacts['enders'][number]), keyHere: true }] }]),
      ),
    )
    expect(here).toContain('The key of this account is on this machine')
  })

  test('behavior: long transactions are asked for in rounds, and at least one is', async () => {
    const [ender] = facts.enders
    const data: Hex = `0x${'ab'.repeat(2_000)}`
    const asked = async (transactions: readonly { to: Hex; data: Hex }[]) => {
      const enders = [{ ...(ender as GrantFacts['enders'][number]), transactions }]
      const page = await textOf(`${path()}/revoke/${delegator}`, memorySource([{ ...facts, enders }]))
      const [, form = ''] = /data-wallet="([^"]*)"/.exec(page) ?? []
      expect(new Blob([page]).size).toBeLessThan(transactions.length === 1 ? Number.POSITIVE_INFINITY : MOST)
      return [JSON.parse(form.replaceAll('&quot;', '"')).requests.length, /(\d+) more links/.exec(words(page))?.[1]]
    }
    const one = { to: environment.manager, data }
    expect(await asked([one, one])).toEqual([2, undefined])
    expect(await asked([one, one, one, one])).toEqual([2, '2'])
    expect(await asked([{ ...one, data: `0x${'ab'.repeat(40_000)}` }])).toEqual([1, undefined])
  })

  test('behavior: nothing is left to revoke of what has ended', async () => {
    const [ender] = facts.enders
    const source = memorySource([{ ...facts, enders: [{ ...(ender as GrantFacts['enders'][number]), open: [] }] }])
    expect(words(await textOf(path(), source))).toContain('There is nothing left to revoke')
    expect(words(await textOf(`${path()}/revoke/${delegator}`, source))).toContain('There is nothing at this address')
    expect(words(await textOf(`${path()}/revoke/0x${'12'.repeat(20)}`, source))).toContain(
      'There is nothing at this address',
    )
  })

  test('behavior: says what dies with it', async () => {
    const under = Array.from({ length: 13 }, (_, index) => ({
      id: `0x${'ab'.repeat(32)}` as Hex,
      task: `sub-${index}`,
    }))
    const text = words(await textOf(`${path()}/revoke/${delegator}`, memorySource([{ ...facts, under }])))
    expect(text).toContain('sub-11')
    expect(text).not.toContain('sub-12')
    expect(text).toContain('and 1 more')
  })

  test('behavior: what was undone is said first', async () => {
    const undone = [{ delegation: `0x${'ab'.repeat(32)}` as Hex, endedAt: 3n, enabledAt: null }]
    const text = words(await textOf(path(), memorySource([{ ...facts, undone }])))
    expect(text).toContain('It had ended, and lives again')
  })

  test('behavior: what was never used has no empty picture', async () => {
    const page = await textOf(path(), memorySource([{ ...facts, spent: [] }]))
    expect(words(page)).toContain('Nothing in the last periods')
    expect(page).not.toContain('<figure')
  })

  test('behavior: the file is the grant itself, to keep', async () => {
    const browser = await openConsole(memorySource([facts]))
    const response = await browser.get(`${path()}/file`)
    const { serializeGrant } = await import('../grant/serialize.ts')
    expect(await response.text()).toBe(serializeGrant(grant))
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="grant-${grant.id.slice(0, 10)}.json"`,
    )
  })
})

describe('grant: what a wallet says it sent', () => {
  const hash = `0x${'cd'.repeat(32)}`
  const action = () => `/grants/${grant.id}/revoke/${delegator}`

  test('default: is looked at on the chain before anything is said', async () => {
    const source = memorySource([facts])
    const browser = await openConsole(source)
    const response = await browser.post(action(), { answers: JSON.stringify([hash.toUpperCase().replace('0X', '0x')]) })
    expect(response.headers.get('location')).toBe(`/grants/${grant.id}?done=revoke`)
    expect(source.done).toEqual([`settle ${grant.id} ${delegator} ${hash}`])
  })

  test('behavior: not in a block yet: it can be looked for again', async () => {
    const source = memorySource([facts])
    source.grants.settleRevocation = async () => ({ status: 'pending' })
    const page = await (await (await openConsole(source)).post(action(), { answers: JSON.stringify([hash]) })).text()
    expect(words(page)).toContain('Treat the grant as alive')
    expect(page).toContain(`name="answers" value="[&quot;${hash}&quot;]"`)
    expect(page).toContain(`action="${action()}"`)
  })

  test('behavior: in part: the page asks for the rest', async () => {
    const source = memorySource([facts])
    source.grants.settleRevocation = async () => ({ status: 'partial' })
    const response = await (await openConsole(source)).post(action(), { answers: JSON.stringify([hash]) })
    expect([response.status, response.headers.get('location')]).toEqual([303, action()])
  })

  test('error: included, and not ended', async () => {
    const source = memorySource([facts])
    source.grants.settleRevocation = async () => ({ status: 'not_ended' })
    const response = await (await openConsole(source)).post(action(), { answers: JSON.stringify([hash]) })
    expect([response.status, await response.text()]).toEqual([409, expect.stringContaining('console.not_proven')])
  })

  test.each([
    ['nothing', ''],
    ['no list', '"0x12"'],
    ['not JSON', '[0x12]'],
    ['an object', '[{}]'],
    ['a number', '[1]'],
    ['a short hash', '["0x12"]'],
    ['a long hash', `["0x${'cd'.repeat(33)}"]`],
    ['no hex', `["0x${'zz'.repeat(32)}"]`],
    ['markup', '["<script>alert(1)</script>"]'],
    ['too many', JSON.stringify(Array(65).fill(`0x${'cd'.repeat(32)}`))],
  ])('error: no answer of a wallet: %s', async (_what, answers) => {
    const source = memorySource([facts])
    const response = await (await openConsole(source)).post(action(), { answers })
    const text = await response.text()
    expect([response.status, source.done]).toEqual([400, []])
    expect(text).toContain('console.bad_form')
    expect(text).not.toContain('alert')
  })

  test('behavior: as many as a page asks for, and none where all had ended before', async () => {
    for (const count of [0, 64]) {
      const source = memorySource([facts])
      const answers = JSON.stringify(Array(count).fill(hash))
      expect((await (await openConsole(source)).post(action(), { answers })).status).toBe(303)
    }
  })
})

describe('health', () => {
  const check = (status: HealthCheck['status'], more: Partial<HealthCheck> = {}): HealthCheck => ({
    check: 'node',
    status,
    found: 'x',
    ...more,
  })

  test.each<[string, HealthCheck[]]>([
    ['All is well', [check('ok')]],
    ['One warning', [check('ok'), check('warning')]],
    ['2 warnings', [check('warning'), check('warning')]],
    ['One check failed', [check('warning'), check('fail', { fix: 'Mend it.' })]],
    ['2 checks failed', [check('fail'), check('fail')]],
  ])('default: %s', async (headline, checks) => {
    const text = words(await textOf('/health', memorySource([], { checks })))
    expect(text).toContain(headline)
    expect(text.includes('Fix: Mend it.')).toBe(checks.some(({ fix }) => fix !== undefined))
  })
})

/** Every place where a text of somebody else can stand. */
function hostileFacts(text: string): GrantFacts {
  const scope = grant.scopes[0] as Grant['scopes'][number]
  const assets = Object.fromEntries(Object.entries(scope.assets).map(([key, info]) => [key, { ...info, symbol: text }]))
  const hostileScope = {
    ...scope,
    task: { id: text, purpose: text },
    assets,
    budgets: { ...scope.budgets, [text.slice(0, 200)]: { ...(scope.budgets['stables'] as never as object) } } as never,
    revocation: { ...scope.revocation, group: text },
  }
  const words = { budget: text, limit: text, used: text, left: text, resetsAt: text, part: 0.5 }
  const row = { check: 'signature', link: 0, result: 'fail', code: 'revoked', detail: text } as never
  return {
    ...facts,
    grant: { ...grant, scopes: [hostileScope] },
    standing: { status: 'ended', why: text },
    reading: { ...reading, chain: text },
    coverage: facts.coverage.map((one) => ({ ...one, text, held: { by: 'nobody', why: text } as const })),
    links: facts.links.map((link) => ({
      ...link,
      sentences: Array.from({ length: 40 }, () => ({ sentence: text, draft: 0, caveat: 0, warning: text })),
      troubles: [row, row],
      counts: Array.from({ length: 4 }, () => words),
      above: [text],
      drawn: { ...link.drawn, until: text, state: { kind: 'live', text } as const },
    })),
    remaining: Array.from({ length: 40 }, () => ({ rule: text, payee: null, text, refused: text })),
    stopped: { by: grant.id, at: text, own: true },
    enders: facts.enders.map((one) => ({ ...one, command: text, keyHere: true })),
    under: [{ id: grant.id, task: text }],
    spent: [{ at: NOW, rule: text, asset: 'native', amount: 1n, receipt: text }],
  }
}

describe('every page', () => {
  test('default: the pages of a plain grant are harmless and light', async () => {
    const browser = await openConsole(memorySource([facts]))
    for (const path of [
      '/',
      `/grants/${grant.id}`,
      `/grants/${grant.id}/raw`,
      `/grants/${grant.id}/revoke/${delegator}`,
      '/health',
      '/nothing',
    ]) {
      assertHarmless(await (await browser.get(path)).text())
    }
  })

  test.each(HOSTILE)('error: %s, wherever a text of somebody else can stand', async (_what, text) => {
    const hostile = hostileFacts(text)
    const checks = Array.from({ length: 8 }, () => ({ check: text, status: 'fail', found: text, fix: text }) as const)
    const browser = await openConsole(memorySource([hostile], { checks }))
    for (const path of [
      '/',
      `/grants/${grant.id}`,
      `/grants/${grant.id}/raw`,
      `/grants/${grant.id}/revoke/${delegator}`,
      '/health',
    ]) {
      const response = await browser.get(path)
      const page = await response.text()
      expect([path, response.status]).toEqual([path, 200])
      // Not lost either: its beginning is there, made harmless.
      expect(page).toMatch(/&lt;|&quot;|paid\\u\{202e\}|漢/)
      assertHarmless(page)
    }
  })

  test.each(HOSTILE)('error: %s, in an error', async (_what, text) => {
    const source = memorySource([facts])
    source.grants.grant = async () => {
      throw new GrantError('grant.malformed', text, {
        fix: text,
        details: { [text.slice(0, 300)]: text, list: [text, text] },
      })
    }
    const response = await (await openConsole(source)).get(`/grants/${grant.id}`)
    expect(response.status).toBe(400)
    assertHarmless(await response.text())
  })

  test('behavior: the largest grant there is stays a light page', async () => {
    const payees = Array.from({ length: 30 }, (_, index) => `0x${(index + 1).toString(16).padStart(40, '0')}` as const)
    const { rules } = richDocument()
    const large = factsOf(
      await makeGrant(environment, {
        ...richDocument(),
        rules: rules.map((rule) => (rule.id === 'pay' ? { ...rule, to: payees } : rule)) as never,
      }),
    )
    const links = large.links.map((link) => ({
      ...link,
      counts: Array.from({ length: 4 }, () => ({
        budget: 'b',
        limit: '200 USDC',
        used: '1 USDC',
        left: '199 USDC',
        resetsAt: null,
        part: 0.9,
      })),
    }))
    const browser = await openConsole(memorySource([{ ...large, links }]))
    for (const path of ['/', `/grants/${large.grant.id}`, `/grants/${large.grant.id}/raw`]) {
      const page = await (await browser.get(path)).text()
      expect([path, page.includes('more')]).toEqual([path, true])
      assertHarmless(page)
    }
  })

  test('behavior: a foreign grant of as many and as long caveats as it likes is a light raw page', async () => {
    const { grant: own, links } = factsOf(grant)
    const [link] = links
    const caveats = Array.from({ length: 20 }, () => ({
      enforcer: `0x${'ee'.repeat(20)}` as const,
      terms: `0x${'ff'.repeat(5_000)}` as const,
      args: '0x' as const,
    }))
    const foreign = { ...(link as NonNullable<typeof link>), delegation: { ...own.delegations[0], caveats } as never }
    const large = { ...factsOf(grant), links: Array.from({ length: 30 }, () => foreign) }
    const page = await (await (await openConsole(memorySource([large]))).get(`/grants/${grant.id}/raw`)).text()
    assertHarmless(page)
    // Who handed on to whom is there for each link that is shown, whatever its caveats fill.
    expect(page.match(/<dt>Delegator<\/dt>/g)).toHaveLength(8)
    expect(words(page)).toMatch(/and 22 more links: download the grant/)
    expect(words(page)).toContain('and 20 more caveats')
  })

  test('behavior: a source without grants has no page that needs them', () => {
    const { app } = createConsole({
      source: memorySource([]),
      hosts: [],
      now: () => NOW,
      random: (bytes) => new Uint8Array(bytes),
    })
    expect(app.routes.some(({ path }) => path === '/health')).toBe(true)
  })
})
