import type { Codec } from './codec.ts'
import { decodeList, encodeList } from './terms.ts'

/**
 * The called address must be one of `targets`. For native value that is who is paid; for a token it is the token.
 *
 * Terms: `[20i, 20i+20) address i`, at least one.
 */
export const allowedTargets: Codec<'allowedTargets'> = {
  name: 'AllowedTargetsEnforcer',
  kind: 'allowedTargets',
  callType: 'single',
  counts: false,
  encode: ({ targets }) => encodeList(targets, 20),
  decode: (terms) => ({ kind: 'allowedTargets', targets: decodeList(terms, 20) }),
}
