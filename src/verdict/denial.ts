import { type Finding, finding } from './finding.ts'
import type { PreparedBranch } from './prepared.ts'
import { REASONS } from './reasons.ts'
import type { Deny, Fix, RefusedRule } from './types.ts'

/** Puts a finding in words. */
export function denial(
  { branch, finding }: { branch: PreparedBranch | null; finding: Finding },
  largestAllowed: bigint | null,
  fix: Fix,
): Deny {
  const { code, hop, rule, limit, used, requested, remaining, resetsAt } = finding
  const link = hop === null ? undefined : branch?.links[hop]
  const caveat = finding.caveat === null ? undefined : link?.caveats[finding.caveat]
  return {
    verdict: 'deny',
    code,
    family: REASONS[code].family,
    message: message(finding),
    hop,
    delegator: link?.delegator ?? null,
    delegation: link?.hash ?? null,
    caveat: caveat === undefined ? null : { index: caveat.index, kind: caveat.meaning.kind },
    ...(rule === null ? {} : { rule }),
    limit,
    used,
    requested,
    remaining,
    resetsAt,
    largestAllowed,
    fix,
  }
}

/**
 * A denial that no evaluation gives: a local stop, a signature that an account does not stand by any more, a failed
 * execution, a disagreement with the chain.
 *
 * @param fix - Where the code alone does not say what helps.
 */
export function denyFor(code: keyof typeof DEFAULT_FIX, fix?: Fix): Deny {
  return denial({ branch: null, finding: finding(code) }, null, fix ?? DEFAULT_FIX[code])
}

const DEFAULT_FIX = {
  stopped: { do: 'ask_for_a_new_grant' },
  signature_refused: { do: 'ask_for_a_new_grant' },
  execution_failed: { do: 'retry_later' },
  disagreement: { do: 'report_a_fault' },
  state_missing: { do: 'retry_later' },
} as const

/** Our sentence, then our numbers in base units: nothing that an agent wrote gets in. */
function message({ code, hop, rule, limit, used, requested, remaining, resetsAt }: Finding): string {
  const parts: string[] = []
  if (requested !== null) parts.push(`asked ${requested}`)
  if (remaining !== null && limit !== null) parts.push(`left ${remaining} of ${limit}`)
  else if (limit !== null) parts.push(`bound ${limit}`)
  if (used !== null) parts.push(`used ${used}`)
  if (resetsAt !== null) parts.push(`resets at ${resetsAt}`)
  if (rule !== null) parts.push(ruleText(rule))
  if (hop !== null) parts.push(hop === 0 ? 'at the leaf (hop 0)' : `at hop ${hop}`)
  const { sentence } = REASONS[code]
  return parts.length === 0 ? sentence : `${sentence} (${parts.join(', ')})`
}

/** Rules by their ids, which the principal wrote and the scope's schema bounds. */
function ruleText({ call, index, id, part, at }: RefusedRule): string {
  const which = index === null ? 'no rule' : `rule ${id ?? index + 1}`
  const what = part === 'shape' || part === 'value' ? '' : `, ${PARTS[part]} ${at + 1}`
  return `${which}${what}${call === 0 ? '' : ` for call ${call + 1}`}`
}

const PARTS = { condition: 'condition', allowance: 'allowance call', budget: 'budget' } as const
