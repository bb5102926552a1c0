import type { Grant } from '../grant/types.ts'
import { rootsOf } from './describe.ts'
import { about, type Drafted, kindOf, type Layer } from './draft.ts'
import { encodeGrantEvidence } from './evidence.ts'

/** A grant exists: who may do what for whom. */
export function grantReceipt(parameters: { grant: Grant; layer: Layer }): Drafted<'grant'> {
  const { grant, layer } = parameters
  const evidence = { grant: encodeGrantEvidence(grant) }
  return {
    draft: {
      ...kindOf('grant'),
      ...about(grant, layer, evidence, [{ path: '/grant', basis: 'signature' }], ['not_logged']),
      roots: rootsOf(grant),
    },
    evidence,
  }
}
