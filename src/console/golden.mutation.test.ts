import { beforeAll, describe, expect, test } from 'vitest'
import { factsOf, memorySource, openConsole, payingGrant } from '../../test/fixtures/console.ts'
import type { GrantFacts } from './source.ts'

/**
 * Whole pages, byte by byte but for the style sheet, the script and the secrets: each figure of a picture, each link and each
 * class. Where a page is meant to change, `npx vitest run src/console -u` writes them anew; look at the difference.
 */

let facts: GrantFacts
beforeAll(async () => {
  const plain = factsOf(await payingGrant())
  const account = plain.grant.delegations[0]?.delegator ?? '0x'
  const [ender] = plain.enders
  facts = {
    ...plain,
    remaining: [{ rule: 'pay', payee: `0x${'d4'.repeat(20)}`, text: '125 USDC', refused: 'period_exceeded' }],
    groups: [{ name: 'g', group: '0x12', delegator: account, guardian: null, ended: true }],
    under: [{ id: `0x${'ab'.repeat(32)}`, task: 'sub' }],
    undone: [{ delegation: `0x${'ab'.repeat(32)}`, endedAt: 3n, enabledAt: null }],
    enders:
      ender === undefined
        ? []
        : [ender, { ...ender, delegator: `0x${'b2'.repeat(20)}`, open: ['0x12', '0x13'], keyHere: true }],
    links: plain.links.map((link, index) => ({
      ...link,
      above: index === 0 ? [] : ['only 1 USDC left above'],
      troubles:
        index === 0
          ? [{ check: 'signature', link: 0, result: 'fail', code: 'revoked', detail: 'disabled' } as never]
          : [],
    })),
  }
})

const golden = (name: string) => `../../test/vectors/console/${name}.txt`

async function pageAt(path: string): Promise<string> {
  const checks = (['ok', 'warning', 'fail'] as const).map((status) => ({
    check: status,
    status,
    found: 'x',
    ...(status === 'ok' ? {} : { fix: 'y' }),
  }))
  const browser = await openConsole(memorySource([facts], { checks }))
  const page = await (await browser.get(path)).text()
  return page
    .replace(/(<style nonce=")[^"]*(">)[\s\S]*?(<\/style>)/, '$1$2$3')
    .replace(/(<script nonce=")[^"]*(">)[\s\S]*?(<\/script>)/, '$1$2$3')
    .replace(/(name="csrf" value=")[^"]*/g, '$1')
}

describe('pages', () => {
  test.each([
    ['overview', () => '/'],
    ['grant', () => `/grants/${facts.grant.id}?done=stop`],
    ['raw', () => `/grants/${facts.grant.id}/raw`],
    ['revoke', () => `/grants/${facts.grant.id}/revoke/${facts.enders[0]?.delegator}`],
    ['revoke-here', () => `/grants/${facts.grant.id}/revoke/0x${'b2'.repeat(20)}`],
    ['health', () => '/health'],
    ['not-found', () => '/nothing'],
  ])('default: %s', async (name, path) => {
    await expect(await pageAt(path())).toMatchFileSnapshot(golden(name))
  })
})
