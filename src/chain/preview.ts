import type { Address } from '../primitives/hex.ts'
import { encodeRedemption } from '../redemption/encode.ts'
import { denyFor } from '../verdict/denial.ts'
import { evaluate } from '../verdict/evaluate.ts'
import { prepareGrant } from '../verdict/prepare.ts'
import { assumeSigned } from '../verdict/taskScope/assumeSigned.ts'
import type { State, Verdict } from '../verdict/types.ts'
import { type DecideParameters, decide } from './decide.ts'
import type { NodeClient } from './rpc.ts'
import { runDirectly } from './runDirectly.ts'

export type PreviewParameters = DecideParameters & {
  /** Look as if the confirmer had signed, too. */
  confirmed?: boolean
}

export type Preview = {
  /** What would be decided once everybody in `signers` has signed. */
  verdict: Verdict
  state: State
  /** Who has to sign a request for exactly this action; both `null` where nobody has to. */
  signers: { key: Address | null; confirmer: Address | null }
}

/**
 * The verdict that an action would get if the grant's request key had signed it; nobody signs anything. Where nobody has to,
 * it is the verdict of `decide`.
 *
 * What nobody signed the chain would refuse, so the calls are run at the same block without the delegation: a target that
 * fails is found, and the evaluator alone answers for the authority.
 *
 * @throws as `decide`.
 */
export async function preview(client: NodeClient, parameters: PreviewParameters): Promise<Preview> {
  const { grant, action, environment, confirmed = false } = parameters
  const prepared = parameters.prepared ?? prepareGrant(grant, environment)
  const { verdict: plain, state } = await decide(client, { ...parameters, prepared })
  const nobody = { key: null, confirmer: null }
  const keyed = plain.verdict === 'deny' && plain.code === 'request_required'
  const asks = plain.verdict === 'escalate' && plain.delegation !== undefined
  if (!keyed && !asks) return { verdict: plain, state, signers: nobody }
  const requested = evaluate(assumeSigned(prepared, { confirmed: false }), action, state)
  const key = keyed ? keyOf(prepared) : null
  const confirmer = requested.verdict === 'escalate' ? requested.confirmer : null
  const signers = { key, confirmer }
  const verdict =
    confirmed && confirmer !== null ? evaluate(assumeSigned(prepared, { confirmed }), action, state) : requested
  if (verdict.verdict !== 'allow') return { verdict, state, signers: verdict.verdict === 'deny' ? nobody : signers }
  const principal = prepared.branches[verdict.branch]?.links.at(-1)?.delegator
  const redemption = encodeRedemption(grant, verdict.branch, action)
  const run = principal === undefined ? null : await runDirectly(client, principal, redemption, state.block.hash)
  return run?.status === 'reverted'
    ? { verdict: denyFor('execution_failed'), state, signers: nobody }
    : { verdict, state, signers }
}

function keyOf({ branches }: ReturnType<typeof prepareGrant>): Address | null {
  const keys = branches.flatMap(({ links: [leaf] }) =>
    (leaf?.caveats ?? []).flatMap(({ taskScope }) => taskScope?.terms.requestKey ?? []),
  )
  return keys[0] ?? null
}
