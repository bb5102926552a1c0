import { type Decision, decide } from '../chain/decide.ts'
import { ChainError } from '../chain/errors.ts'
import { decisionReceipt, describeVerdict } from '../receipt/decisionReceipt.ts'
import type { Stage } from '../receipt/draft.ts'
import { denyFor } from '../verdict/denial.ts'
import { evaluate } from '../verdict/evaluate.ts'
import type { State, Verdict } from '../verdict/types.ts'
import { movedOn } from './errors.ts'
import { type Promised, withPromises } from './promises.ts'
import { actionOf, askedOf } from './request.ts'
import { openGrant, type Service } from './service.ts'
import { type ActionState, isEnd } from './state.ts'
import { claimActions, lockPrincipal, moveAction, promisedActions, type StoredAction } from './store/actions.ts'
import type { Query } from './store/database.ts'
import { appendReceipt } from './store/receipts.ts'
import { stopOf, subjectsOf } from './store/stops.ts'
import { submissionsOf } from './store/submissions.ts'

/**
 * Decides the oldest actions that wait for it, and leaves a receipt of each decision. Gives how many it took; where the chain
 * could not be asked an action goes on waiting.
 */
export async function decideNext(service: Service, limit = 16): Promise<number> {
  const { database, now, settings } = service
  const taken = await database.transaction((query) =>
    claimActions(query, database.dialect, { state: 'ticketed', now: now(), until: now() + settings.claimMs, limit }),
  )
  await Promise.all(taken.map((action) => decideOne(service, action)))
  return taken.length
}

async function decideOne(service: Service, stored: StoredAction): Promise<void> {
  const { database, node, environment } = service
  const { grant, prepared } = await openGrant(service, database.query, stored.grantId)
  const signed = askedOf(stored)
  const action = actionOf(signed)
  const decision = await decide(node, { grant, action, environment, prepared }).catch(undecided)
  if (decision === undefined) return
  await database
    .transaction(async (query) => {
      // From here to the end of the transaction nobody else promises anything of this principal.
      await lockPrincipal(query, database.dialect, stored.principal)
      const { verdict, stage, state } = await settle(service, query, stored, decision)
      const receipt = decisionReceipt({ grant, action, verdict, state, request: signed, stage, layer: 'redeemer' })
      const to = stateOf(verdict)
      await moveAction(query, {
        id: stored.id,
        from: 'ticketed',
        to,
        at: service.now(),
        verdict: JSON.stringify(describeVerdict(verdict, stage)),
        ...(verdict.verdict === 'deny' ? {} : { branch: verdict.branch }),
      })
      await appendReceipt(query, database.dialect, service.issuer, {
        drafted: receipt,
        actionId: stored.id,
        terminal: isEnd(to),
        now: service.now(),
      })
    })
    .catch(movedOn)
}

function stateOf(verdict: Verdict): ActionState {
  if (verdict.verdict === 'allow') return 'allowed'
  if (verdict.verdict === 'escalate') return 'escalated'
  return verdict.code === 'stopped' ? 'stopped' : 'denied'
}

/** What the chain says, with what only this service knows: what was stopped, and what is promised already. */
async function settle(
  service: Service,
  query: Query,
  stored: StoredAction,
  { verdict, state, simulation }: Decision,
): Promise<{ verdict: Verdict; stage: Stage; state: State }> {
  if ((await stopOf(query, subjectsOf(stored))) !== undefined)
    return { verdict: denyFor('stopped'), stage: 'policy', state }
  const stage = simulation === null ? 'state' : 'simulation'
  if (verdict.verdict === 'deny') return { verdict, stage, state }
  const { prepared } = await openGrant(service, query, stored.grantId)
  const promised = await readPromises(service, query, stored)
  if (promised.length === 0) return { verdict, stage, state }
  const held = withPromises(state, prepared, promised)
  const again = evaluate(prepared, actionOf(askedOf(stored)), held)
  return again.verdict === verdict.verdict
    ? { verdict: again, stage, state: held }
    : { verdict: again, stage: 'state', state: held }
}

async function readPromises(service: Service, query: Query, { id, principal }: StoredAction): Promise<Promised[]> {
  const others = (await promisedActions(query, principal)).filter((other) => other.id !== id)
  return Promise.all(
    others.map(async (other): Promise<Promised> => {
      const { prepared } = await openGrant(service, query, other.grantId)
      const placed = (await submissionsOf(query, other.id)).find(({ block }) => block !== null)?.block
      return {
        prepared,
        branch: other.branch ?? 0,
        action: actionOf(askedOf(other)),
        includedAt: placed === null || placed === undefined ? null : BigInt(placed.number),
      }
    }),
  )
}

/** The chain could not be asked: nobody is told anything, and it is asked again. */
function undecided(error: unknown): undefined {
  if (!(error instanceof ChainError)) throw error
}
