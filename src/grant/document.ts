import { z } from 'zod'
import { CONTEXT_LIMITS } from '../delegation/context.ts'
import type { Hex } from '../primitives/hex.ts'

/** What a grant file looks like. What a shape cannot say (hashes, links, the scope) is in `parse.ts` and `structure.ts`. */

const hex = (pattern: RegExp) => z.custom<Hex>((value) => typeof value === 'string' && pattern.test(value))
const Address = hex(/^0x[0-9a-f]{40}$/)
const Word = hex(/^0x[0-9a-f]{64}$/)
/** At most what a whole context may hold. */
const Bytes = hex(/^0x(?:[0-9a-f]{2}){0,32768}$/)
const Pointer = z.string().regex(/^(?:\/[^/]{0,200}){1,16}$/)
const Index = z.int().min(0).max(511)

const Caveat = z.strictObject({ enforcer: Address, terms: Bytes, args: Bytes })

const Delegation = z.strictObject({
  delegate: Address,
  delegator: Address,
  authority: Word,
  caveats: z.array(Caveat).min(1).max(CONTEXT_LIMITS.caveats),
  salt: Word,
  signature: Bytes,
})

export const GrantDocument = z.strictObject({
  schema: z.literal('ambit.grant.v1'),
  id: Word,
  chainId: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  manager: Address,
  origin: z.literal('wallet').optional(),
  lowering: z.enum(['framework', 'fused']),
  scopes: z.array(z.unknown()).min(1).max(CONTEXT_LIMITS.links),
  scopeHash: Word,
  accepted: z.array(z.array(Pointer).max(4_096)).min(1).max(CONTEXT_LIMITS.links),
  delegations: z.array(Delegation).min(1).max(512),
  branches: z
    .array(
      z.strictObject({
        rule: z.string().min(1).max(64).optional(),
        payee: Address.optional(),
        links: z.array(Index).min(1).max(CONTEXT_LIMITS.links),
      }),
    )
    .min(1)
    .max(512),
})
export type GrantDocument = z.output<typeof GrantDocument>
