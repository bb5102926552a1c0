import type { PermissionResponse } from '../../../src/dapp/index.ts'
import type { Attempt, ExampleConfig, GrantRegistration, RegisteredGrant, Task } from '../server/wire.ts'

/** The redeemer, which stands on another origin, takes what the wallet answered and says under which id. */
export function registerGrant(
  { redeemer }: ExampleConfig,
  { chainId, delegationManager, context }: Pick<PermissionResponse, 'chainId' | 'delegationManager' | 'context'>,
): Promise<RegisteredGrant> {
  return ask(`${redeemer.url}/grants`, { chainId, delegationManager, context } satisfies GrantRegistration)
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

async function ask<answer>(url: string, body?: object): Promise<answer> {
  const response = await fetch(
    url,
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  )
  const answer: unknown = await response.json()
  if (!response.ok) throw new ServiceError(answer as object)
  return answer as answer
}
