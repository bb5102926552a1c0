import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { AGENT, PAYEES, PRINCIPAL } from '../../test/arbitraries/scope.ts'
import { explainDelegations } from './explain.ts'
import type { Draft } from './types.ts'

/** What changed code got away with before: each of these stands against one change that no other test noticed. */

const environment = await baseEnvironment()

describe('explainDelegations', () => {
  test('behavior: a link under another says under which, and only that one does', () => {
    const draft = (digit: string, more: Partial<Draft>): Draft => {
      return {
        delegate: AGENT,
        delegator: PRINCIPAL,
        parent: null,
        salt: `0x${digit.repeat(64)}`,
        caveats: [],
        ...more,
      }
    }
    const drafts = [draft('5', {}), draft('6', { delegator: AGENT, delegate: PAYEES[1], parent: 0 })]
    const headings = explainDelegations(drafts, environment, {}).flatMap(({ sentence }) =>
      sentence.startsWith('Delegation') ? [sentence] : [],
    )
    expect(headings.map((heading) => /, within delegation 1$/.test(heading))).toEqual([false, true])
  })
})
