import { describe, expect, test } from 'vitest'
import { environment } from '../../test/arbitraries/drafts.ts'
import { handCaveat } from '../../test/arbitraries/fused.ts'
import { PAYEES } from '../../test/arbitraries/scope.ts'
import { addressOf, principal } from '../../test/arbitraries/signedGrant.ts'
import { codeOfAsync } from '../../test/codes.ts'
import type { Caveat } from '../caveats/types.ts'
import type { SigningAccount } from './sign.ts'
import { signDelegation } from './sign.ts'
import { ANY_DELEGATE, type Delegation, ROOT_AUTHORITY } from './types.ts'

const open = (...caveats: Caveat[]): Delegation => ({
  delegate: ANY_DELEGATE,
  delegator: addressOf(principal),
  authority: ROOT_AUTHORITY,
  caveats,
  salt: `0x${'07'.repeat(32)}`,
  signature: '0x',
})
const sign = (delegation: Delegation) =>
  signDelegation(principal as SigningAccount, { delegation, chainId: 8453, manager: environment.manager })

describe('signDelegation', () => {
  test('behavior: an open delegate is signed only where a request key signs each redemption', async () => {
    const keyed = handCaveat({ requestKey: PAYEES[0] })
    expect((await sign(open(keyed))).signature).toMatch(/^0x[0-9a-f]{130}$/)
    expect((await sign(open(handCaveat(), keyed))).signature).toMatch(/^0x/)
    const truncated = { ...keyed, terms: keyed.terms.slice(0, -2) as never }
    for (const caveats of [
      [handCaveat()],
      [handCaveat({ confirmer: null })],
      [truncated],
      [{ ...keyed, terms: '0x' as const }],
    ])
      expect((await codeOfAsync(() => sign(open(...caveats)))).code).toBe('delegation.open_delegate')
  })
})
