import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Limit } from './codes.ts'
import { rootsOf } from './describe.ts'
import { about, type Drafted, kindOf, type Layer } from './draft.ts'
import { encodeGrantEvidence } from './evidence.ts'
import type { Statement, StatementOf } from './statement.ts'

/** How a grant, or a part of it, was ended or begun again. */
export type Ending =
  | {
      act: 'disable'
      delegations: readonly Hex[]
      died: readonly Hex[]
      transactionHash?: Hex
      block: { number: bigint; hash: Hex }
      final: boolean
    }
  | { act: 'stop'; delegations: readonly Hex[]; died: readonly Hex[] }
  | { act: 'resume'; delegations: readonly Hex[] }

/** Delegations were disabled on chain, or stopped or resumed at this issuer. */
export function revocationReceipt(parameters: { grant: Grant; ending: Ending; layer: Layer }): Drafted<'revocation'> {
  const { grant, ending, layer } = parameters
  const evidence = { grant: encodeGrantEvidence(grant) }
  const claims: Statement['claims'] = [
    { path: '/grant', basis: 'signature' },
    { path: '/revocation', basis: 'attestation' },
  ]
  const limits: Limit[] = ['not_logged', ending.act === 'disable' ? 'chain_not_proven' : 'local_stop']
  if (ending.act === 'disable' && !ending.final) limits.push('not_final')
  return {
    draft: {
      ...kindOf('revocation'),
      ...about(grant, layer, evidence, claims, limits),
      revocation: describeEnding(ending),
      roots: rootsOf(grant),
    },
    evidence,
  }
}

function describeEnding(ending: Ending): StatementOf<'revocation'>['revocation'] {
  const sorted = (hashes: readonly Hex[]) => [...new Set(hashes)].sort()
  const delegations = sorted(ending.delegations)
  switch (ending.act) {
    case 'disable':
      return {
        act: 'disable',
        delegations,
        died: sorted(ending.died),
        ...(ending.transactionHash === undefined ? {} : { tx: ending.transactionHash }),
        block: { number: ending.block.number.toString(), hash: ending.block.hash },
        final: ending.final,
      }
    case 'stop':
      return { act: 'stop', delegations, died: sorted(ending.died) }
    case 'resume':
      return { act: 'resume', delegations }
  }
}
