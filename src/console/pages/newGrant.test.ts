import { hashTypedData } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { USDC } from '../../../test/arbitraries/scope.ts'
import { addressOf, countingSalt, principal } from '../../../test/arbitraries/signedGrant.ts'
import {
  closedConsole,
  environment,
  factsOf,
  memorySource,
  NOW,
  openConsole,
  payingGrant,
} from '../../../test/fixtures/console.ts'
import { assertHarmless, HOSTILE, MOST, words } from '../../../test/fixtures/consolePage.ts'
import { examplesOf } from '../../../test/fixtures/templates.ts'
import { compile } from '../../compile/compile.ts'
import type { Lowering } from '../../compile/types.ts'
import { createDelegations } from '../../delegation/create.ts'
import { signingHash } from '../../delegation/hash.ts'
import type { Delegation } from '../../delegation/types.ts'
import type { Grant } from '../../grant/types.ts'
import { blastRadius, lintScope, questionsOf, templates } from '../../scope/index.ts'
import type { Scope } from '../../scope/types.ts'
import type { GrantingSource, Issue, Proposal, Proposed } from '../source.ts'

const ID = 'ab'.repeat(16)
let grant: Grant
let scope: Scope
beforeAll(async () => {
  grant = await payingGrant()
  scope = grant.scopes[0] as Scope
})

function proposalOf(of: Scope = scope, lowering: Lowering = 'fused', more: Partial<Proposal> = {}): Proposal {
  const plan = compile(of, environment, { salt: countingSalt(), nonce: 4n, lowering })
  return {
    id: ID,
    scope: of,
    plan,
    why: `${lowering}: as asked for`,
    warnings: lintScope(of, { now: NOW }),
    radius: blastRadius(of, { now: NOW }),
    account: 'ready',
    delegations: createDelegations(plan.drafts),
    ...more,
  }
}

type Asked = { asked: string[]; source: GrantingSource }
function granting(proposal: Proposal | undefined, answer: Proposed = { proposal: ID }): Asked {
  const asked: string[] = []
  return {
    asked,
    source: {
      chain: { id: 8453, name: 'base' },
      fromTemplate: async (name, answers) => {
        asked.push(`template ${name} ${JSON.stringify(answers)}`)
        return answer
      },
      fromDocument: async (text) => {
        asked.push(`document ${text}`)
        return answer
      },
      proposal: async (id) => (id === ID ? proposal : undefined),
      accept: async (id, signatures) => {
        asked.push(`accept ${id} ${signatures.join()}`)
        return grant.id
      },
    },
  }
}
async function consoleWith(asked: Asked) {
  return openConsole({ ...memorySource([factsOf(grant)]), granting: asked.source })
}
const textOf = async (path: string, asked: Asked = granting(proposalOf())) =>
  (await (await consoleWith(asked)).get(path)).text()
const issue = (pointer: string, more: Partial<Issue> = {}): Issue => ({
  code: 'scope.bad_answer',
  pointer,
  message: 'This is no answer.',
  fix: 'Write another.',
  ...more,
})

describe('new grant', () => {
  test('default: every template, and a file', async () => {
    const page = await textOf('/new')
    for (const { name, title } of templates) expect(page).toContain(`<a href="/new/template/${name}">${title}</a>`)
    expect(page).toContain('enctype="multipart/form-data"')
    assertHarmless(page)
  })

  test.each(templates.map((template) => [template.name, template] as const))(
    'default: %s asks its questions, and its answers reach the source',
    async (name, template) => {
      const asked = granting(proposalOf())
      const browser = await consoleWith(asked)
      const page = await (await browser.get(`/new/template/${name}`)).text()
      assertHarmless(page)
      for (const question of questionsOf(template)) {
        const required = question.optional !== true && question.default === undefined
        const field = new RegExp(
          `<(?:input|textarea|select)[^>]* id="${question.name}" name="${question.name}"([^>]*)>`,
        ).exec(page)
        expect([question.name, field?.[1]?.includes(' required')]).toEqual([question.name, required])
        expect(page).toContain(`<label for="${question.name}">`)
      }
      const response = await browser.post(`/new/template/${name}`, { ...examplesOf(name), extra: 'x' })
      expect(response.headers.get('location')).toBe(`/new/proposal/${ID}`)
      expect(asked.asked).toEqual([`template ${name} ${JSON.stringify(examplesOf(name))}`])
    },
  )

  test('behavior: what does not fit is said at its question, and nothing that was written is lost', async () => {
    const issues = [
      issue('/payees/1'),
      issue('/budgets/allowance/max', { value: '0', code: 'scope.amount_not_positive' }),
    ]
    const browser = await consoleWith(granting(undefined, { issues }))
    const response = await browser.post('/new/template/allowance', { ...examplesOf('allowance'), limit: '7"<b>' })
    expect(response.status).toBe(200)
    const page = await response.text()
    assertHarmless(page)
    expect(page).toMatch(/<textarea[^>]* id="payees"[^>]* aria-invalid="true" aria-describedby="payees-issue"/)
    expect(page).toContain('id="payees-issue"')
    expect(page).toContain('value="7&quot;&lt;b&gt;"')
    expect(page).toContain('>0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1, 0x')
    expect(words(page)).toMatch(
      /2 answers do not fit yet.*This is no answer. Write another. \/budgets\/allowance\/max 0 scope.amount_not_positive/,
    )
    const one = await consoleWith(granting(undefined, { issues: [issue('/limit')] }))
    expect(words(await (await one.post('/new/template/allowance', {})).text())).toContain('One answer does not fit yet')
  })

  test('behavior: a scope file, as it is; without one it is said', async () => {
    const asked = granting(proposalOf())
    const browser = await consoleWith(asked)
    const text = '{"version":1,"task":"\u202e"}'
    const response = await browser.post('/new', { scope: text })
    expect([response.status, response.headers.get('location')]).toEqual([303, `/new/proposal/${ID}`])
    expect(asked.asked).toEqual([`document ${text}`])
    expect((await browser.post('/new', {})).status).toBe(400)
    const refused = await consoleWith(granting(undefined, { issues: Array.from({ length: 40 }, () => issue('/x')) }))
    const page = await (await refused.post('/new', { scope: '{}' })).text()
    expect(words(page)).toContain('This scope is refused')
    expect(words(page)).toContain('and 28 more')
  })

  test.each([
    ['/new/template/rent'],
    ['/new/template/constructor'],
    [`/new/proposal/${'cd'.repeat(16)}`],
    ['/new/proposal/x'],
  ])('error: there is nothing at %s', async (path) => {
    const browser = await consoleWith(granting(proposalOf()))
    expect((await browser.get(path)).status).toBe(404)
    expect((await browser.post(path, { answers: '["0x12"]' })).status).toBe(404)
  })

  test('behavior: without a chain there are no such pages', async () => {
    const browser = await openConsole(memorySource([]))
    expect((await browser.get('/new')).status).toBe(404)
  })
})

describe('a proposal', () => {
  test('default: what could leave, what it permits, who holds it, warnings', async () => {
    const text = words(await textOf(`/new/proposal/${ID}`))
    expect(text).toMatch(/Can leave, at most 5\u202f800 USDC until it ends; within seconds at most 400 USDC/)
    expect(text).toContain('Budget 1: at most 200 USDC')
    expect(text).toContain('fixed_window_doubling')
    expect(text).toMatch(/Chain \d+ of \d+ constraints: a stolen agent key is bound by them/)
    expect(text).toContain('Nobody Receipts: grant')
    expect(text).toContain('Your wallet signs one delegation.')
  })

  test.each<Lowering>(['fused', 'framework'])(
    'default: the wallet signs the %s plan’s own delegations, in their order',
    async (lowering) => {
      const proposal = proposalOf(scope, lowering)
      const page = await textOf(`/new/proposal/${ID}`, granting(proposal))
      expect(new Blob([page]).size).toBeLessThan(MOST)
      const [, data = ''] = /data-wallet="([^"]*)"/.exec(page) ?? []
      const { account, requests } = JSON.parse(data.replaceAll('&quot;', '"'))
      expect(account).toBe(addressOf(principal))
      const hashes = requests.map(({ method, params }: { method: string; params: [string, string] }) => {
        expect([method, params[0]]).toEqual(['eth_signTypedData_v4', account])
        const { types, ...rest } = JSON.parse(params[1])
        const { EIP712Domain: _, ...own } = types
        return hashTypedData({ ...rest, types: own })
      })
      const { chainId, manager } = proposal.plan
      expect(hashes).toEqual(
        proposal.delegations.map((delegation: Delegation) => signingHash(delegation, { chainId, manager })),
      )
      expect(hashes).toHaveLength(lowering === 'fused' ? 1 : proposal.plan.drafts.length)
    },
  )

  test('behavior: an account that cannot be signed for on a page is not asked', async () => {
    for (const [account, said] of [
      ['plain', 'This account has no code yet'],
      ['contract', 'This is a contract account'],
    ] as const) {
      const page = await textOf(`/new/proposal/${ID}`, granting(proposalOf(scope, 'fused', { account })))
      expect(words(page)).toContain(said)
      expect(page).not.toContain('data-wallet')
      expect(page).not.toContain('<script')
    }
  })

  test('behavior: what does not fit on a page is signed in a terminal', async () => {
    const [first] = proposalOf().delegations as [Delegation]
    const delegations = Array.from({ length: 12 }, () => first)
    const page = await textOf(`/new/proposal/${ID}`, granting(proposalOf(scope, 'fused', { delegations })))
    expect(words(page)).toContain('Too large for this page')
    expect(page).not.toContain('data-wallet')
    expect(new Blob([page]).size).toBeLessThan(MOST)
  })

  test('behavior: whatever is signed on a page fits in its thirty kilobytes, also beside a wallet of the console’s own', async () => {
    const [first] = proposalOf().delegations as [Delegation]
    const wallet = { script: async () => '', ask: async () => ({ result: null }) }
    const seen = new Set<boolean>()
    for (const quotes of [0, 300]) {
      const wordy = { ...scope, task: { ...scope.task, purpose: `"${'"'.repeat(quotes)}` } }
      for (let count = 1; count <= 12; count++) {
        const delegations = Array.from({ length: count }, () => first)
        const { source } = granting(proposalOf(wordy, 'fused', { delegations }))
        const browser = closedConsole({ ...memorySource([factsOf(grant)]), granting: source }, undefined, wallet)
        await browser.ask(browser.entry)
        const page = await (await browser.get(`/new/proposal/${ID}`)).text()
        expect(new Blob([page]).size).toBeLessThanOrEqual(MOST)
        seen.add(page.includes('data-wallet'))
      }
    }
    expect([...seen]).toEqual([true, false])
  })

  test('default: a signature for each delegation makes the grant', async () => {
    const asked = granting(proposalOf())
    const browser = await consoleWith(asked)
    const response = await browser.post(`/new/proposal/${ID}`, { answers: '["0xABcd"]' })
    expect(response.headers.get('location')).toBe(`/grants/${grant.id}`)
    expect(asked.asked).toEqual([`accept ${ID} 0xabcd`])
  })

  test.each([
    ['a bare click', {}],
    ['none', { answers: '[]' }],
    ['too many', { answers: '["0x12","0x34"]' }],
    ['no hex', { answers: '["yes"]' }],
  ])('error: %s signs nothing', async (_what, fields) => {
    const asked = granting(proposalOf())
    const response = await (await consoleWith(asked)).post(`/new/proposal/${ID}`, fields)
    expect([response.status, asked.asked]).toEqual([400, []])
  })

  test.each(HOSTILE)('behavior: %s stays text, wherever it stands', async (_what, text) => {
    const proposal = proposalOf()
    const hostile: Proposal = {
      ...proposal,
      scope: {
        ...scope,
        task: { id: text, purpose: text },
        revocation: { ...scope.revocation, group: text },
        assets: { [USDC]: { symbol: text, decimals: 6 } },
      },
      why: text,
      warnings: proposal.warnings.map((warning) => ({ ...warning, message: text })),
      plan: {
        ...proposal.plan,
        explanation: proposal.plan.explanation.map((row) => ({ ...row, sentence: text, warning: text })),
        coverage: proposal.plan.coverage.map((row) => ({ ...row, text, held: { by: 'nobody', why: text } as const })),
      },
      radius: { ...proposal.radius, unmeasured: [{ pointer: text, why: text }] },
    }
    assertHarmless(await textOf(`/new/proposal/${ID}`, granting(hostile)))
    const issues = [issue(text, { message: 'm', fix: text, value: text }), issue('/limit', { fix: text })]
    const browser = await consoleWith(granting(undefined, { issues }))
    assertHarmless(await (await browser.post('/new/template/allowance', { purpose: text.slice(0, 20_000) })).text())
  })
})
