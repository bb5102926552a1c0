import type { Group } from '../grant/ending.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Limit } from './codes.ts'
import { rootsOf } from './describe.ts'
import { about, type Drafted, kindOf, type Layer } from './draft.ts'
import { encodeGrantEvidence } from './evidence.ts'
import type { Statement, StatementOf } from './statement.ts'

type OnChain = {
  delegations: readonly Hex[]
  died: readonly Hex[]
  transactionHash?: Hex
  block: { number: bigint; hash: Hex }
  final: boolean
}

/** How a grant, or a part of it, was ended or begun again. */
export type Ending =
  | ({ act: 'disable' } & OnChain)
  /** The account's nonce was raised past `nonce`, which these delegations carry. */
  | ({ act: 'raise_nonce'; account: Address; nonce: bigint } & OnChain)
  /** The group that these delegations name has ended. */
  | ({ act: 'end_group'; group: Group } & OnChain)
  | { act: 'stop'; delegations: readonly Hex[]; died: readonly Hex[] }
  | { act: 'resume'; delegations: readonly Hex[] }

/** Delegations were disabled on chain, or ended with a nonce or their group, or stopped or resumed at this issuer. */
export function revocationReceipt(parameters: { grant: Grant; ending: Ending; layer: Layer }): Drafted<'revocation'> {
  const { grant, ending, layer } = parameters
  const evidence = { grant: encodeGrantEvidence(grant) }
  const claims: Statement['claims'] = [
    { path: '/grant', basis: 'signature' },
    { path: '/revocation', basis: 'attestation' },
  ]
  const limits: Limit[] = ['not_logged', 'block' in ending ? 'chain_not_proven' : 'local_stop']
  if ('block' in ending && !ending.final) limits.push('not_final')
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
      return { act: 'disable', delegations, died: sorted(ending.died), ...whereEnded(ending) }
    case 'raise_nonce': {
      const { account, nonce } = ending
      const carried = { account, nonce: nonce.toString(), delegations, died: sorted(ending.died) }
      return { act: 'raise_nonce', ...carried, ...whereEnded(ending) }
    }
    case 'end_group': {
      const { delegator, group, guardian } = ending.group
      const named = { delegator, group, ...(guardian === null ? {} : { guardian }) }
      return { act: 'end_group', ...named, delegations, died: sorted(ending.died), ...whereEnded(ending) }
    }
    case 'stop':
      return { act: 'stop', delegations, died: sorted(ending.died) }
    case 'resume':
      return { act: 'resume', delegations }
  }
}

function whereEnded({ transactionHash, block, final }: OnChain) {
  return {
    ...(transactionHash === undefined ? {} : { tx: transactionHash }),
    block: { number: block.number.toString(), hash: block.hash },
    final,
  }
}
