import { storedGrant, type TaskAccount } from '../../../src/dapp/index.ts'
import type { Attempt, ExampleConfig, RedelegationRequest, RegisteredGrant, Task } from '../server/wire.ts'

/**
 * The redeemer, which stands on another origin, takes a grant and says under which id.
 *
 * @param file - Of `serializeGrant`.
 */
export function registerGrant({ redeemer }: ExampleConfig, file: string): Promise<RegisteredGrant> {
  return ask(`${redeemer.url}/grants`, file)
}

/** Has the task account of the page's own server hand on what a wallet has no words for. */
export function handOnAt(url: string): TaskAccount['redelegate'] {
  return ({ root, rootScope, scope }) =>
    ask(`${url}/task-account/grants`, { root: storedGrant(root), rootScope, scope } satisfies RedelegationRequest)
}

/** Everything that was asked under a grant, oldest first. */
export function loadAttempts({ redeemer }: ExampleConfig, grant: string): Promise<Attempt[]> {
  return ask(`${redeemer.url}/grants/${grant}/attempts`)
}

/** Sets the agent to work. It does not answer here: what it does is seen at the redeemer. */
export function setToWork(task: Task): Promise<{ accepted: string }> {
  return ask('/agent/tasks', task)
}

/** A service that refused: its problem document (RFC 9457). */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: string
  readonly fix: string
  constructor(problem: { title?: unknown; code?: unknown; fix?: unknown }) {
    super(String(problem.title ?? 'The service does not answer.'))
    this.code = String(problem.code ?? 'unknown')
    this.fix = String(problem.fix ?? 'Try again.')
  }
}

async function ask<answer>(url: string, body?: object | string): Promise<answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(
    url,
    text === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: text },
  )
  const answer: unknown = await response.json()
  if (!response.ok) throw new ServiceError(answer as object)
  return answer as answer
}
