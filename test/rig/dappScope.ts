import type { Address } from '../../src/primitives/hex.ts'
import { parseScope } from '../../src/scope/parse.ts'
import type { Scope } from '../../src/scope/types.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'
import { scopeDocument } from '../arbitraries/scope.ts'

export const PAYEE: Address = `0x${'9a'.repeat(20)}`
export const OTHER: Address = `0x${'9b'.repeat(20)}`

type Document = ReturnType<typeof scopeDocument>

/** 10 USDC a day to one payee: what one token permission says. */
export function dailyScope(
  chain: Pick<LocalChain, 'chainId' | 'token'>,
  { principal, delegate }: { principal: Address; delegate: Address },
  more: Partial<Document> = {},
): Scope {
  const { address, symbol, decimals } = chain.token
  return parseScope({
    ...scopeDocument([{ id: 'pay', class: 'transfer', asset: address, to: [PAYEE], budget: 'daily' }], {
      chainId: chain.chainId,
      principal,
      delegate,
      budgets: { daily: { assets: { [address]: '1' }, max: '10', per: 'P1D', window: 'fixed' } },
      notBefore: '2024-01-01T00:00:00Z',
      expiry: '2036-01-01T00:00:00Z',
      assets: { [address]: { symbol, decimals } },
    }),
    ...more,
  })
}
