import type { Grant } from '../grant/types.ts'
import type { Limit } from './codes.ts'
import { partiesOf } from './describe.ts'
import { hashCalls, isReasonKept, type SignedRequest } from './request.ts'
import type { StatementOf } from './statement.ts'
import { caip2, cleanText } from './values.ts'

/** What was asked, as a receipt has it: the calls by their hash, the asker's words only where they are plain and short. */
export function describeIntent(
  grant: Grant,
  { request, signature }: SignedRequest,
): StatementOf<'decision' | 'ticket'>['intent'] {
  const { chainId, calls, redeemer, reason } = request
  const words = reason !== undefined && isReasonKept(reason) ? cleanText(reason) : undefined
  return {
    chain: caip2(chainId),
    mode: calls.length === 1 ? 'single' : 'batch',
    redeemer,
    calls: hashCalls(calls),
    asker: partiesOf(grant).asker,
    signed: signature !== undefined,
    ...(words === undefined ? {} : { reason: words }),
  }
}

/** What a receipt about a request cannot show of it. */
export function requestLimits({ request: { reason }, signature }: SignedRequest): Limit[] {
  return [
    ...(signature === undefined ? (['request_unsigned'] as const) : []),
    ...(reason !== undefined && !isReasonKept(reason) ? (['reason_left_out'] as const) : []),
  ]
}
