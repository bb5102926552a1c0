import type { TaskScopeRequest } from '../caveats/taskScope/requestDigest.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { parseJson } from '../primitives/json.ts'
import type { Escalation, Settled } from '../redemption/escalation.ts'
import { escalationStatus } from '../redemption/escalation.ts'
import type { Action, ActionRequest, Escalate } from '../verdict/types.ts'
import type { Context } from './command.ts'
import { CliError, HomeError } from './errors.ts'
import { EXIT } from './exit.ts'
import type { Home } from './home.ts'
import { takeLock } from './lock.ts'
import { toJson } from './output.ts'

/**
 * The queue of questions: one file each, named by its number. It is made once and durably; what becomes of it is written whole
 * over it, under a lock, so that one question has one answer.
 */
const FOLDER = 'escalations'

/** Characters that are kept of the agent's words. All of them have their hash in the receipt of the verdict. */
export const MAX_REASON = 2_048

/**
 * Most questions of one grant that wait at a time. An agent, or whoever steers it, must not be able to bury the one that
 * matters under a thousand others.
 */
export const MAX_OPEN = 16

/**
 * Leaves an escalated action in the queue. The same calls under the same grant, asked again while the question stands, are that
 * question and no new one. `undefined` where too many of this grant wait already.
 *
 * @param asked.request - Of the link that the verdict names; `null` where no signature can confirm it.
 */
export async function leaveEscalation(
  context: Context,
  asked: { grant: Grant; action: Action; verdict: Escalate; request: TaskScopeRequest | null; decision: string },
): Promise<Escalation | undefined> {
  const { grant, action, verdict, request, decision } = asked
  const home = context.home()
  const release = await takeLock(home, 'escalations', () => context.output.progress('Waiting for the queue…'))
  try {
    const now = context.now()
    const all = await readEscalations(home)
    const open = all.filter((one) => one.grant.id === grant.id && escalationStatus(one, now) === 'open')
    const same = open.find((one) => toJson(one.action.calls) === toJson(action.calls))
    if (same !== undefined) return same
    if (open.length >= MAX_OPEN) return undefined
    const { reason, request: carried, ...rest } = action
    const answered = now + verdict.timeout
    const escalation: Escalation = {
      number: (all.at(-1)?.number ?? 0) + 1,
      at: now,
      expires: request !== null && request.deadline < answered ? request.deadline : answered,
      grant,
      action: {
        ...rest,
        ...(reason === undefined ? {} : { reason: reason.slice(0, MAX_REASON) }),
        ...(request === null ? {} : await leafRequest(grant, request, carried)),
      },
      request,
      rule: verdict.rule,
      threshold: verdict.threshold,
      requested: verdict.requested,
      confirmer: verdict.confirmer,
      decision,
      reasonLength: reason?.length ?? 0,
      settled: null,
    }
    home.create(pathOf(home, escalation.number), `${toJson(escalation)}\n`)
    return escalation
  } finally {
    release()
  }
}

/** The leaf's own: what waits for its confirmation, or, where a link above waits, what it carries already. */
async function leafRequest(
  grant: Grant,
  { delegation, number, deadline }: TaskScopeRequest,
  carried: ActionRequest | undefined,
): Promise<Pick<Action, 'request'>> {
  const own = { number, deadline, signature: carried?.signature ?? null, confirmation: null }
  if (delegation === (await leafHash(grant))) return { request: own }
  return carried === undefined ? {} : { request: carried }
}

/** By this link the delegate acts: a scope in one caveat has one branch. */
export async function leafHash({ delegations, branches }: Grant): Promise<Hex> {
  const { hashDelegation } = await import('../delegation/hash.ts')
  const [leaf = 0] = branches[0]?.links ?? []
  return hashDelegation(delegations[leaf] as Delegation)
}

/** Every question, oldest first. @throws {@link HomeError} `home.damaged`. */
export function readEscalations(home: Home): Promise<Escalation[]> {
  const read = home.list(FOLDER).map((name) => {
    const path = home.file(FOLDER, `${name}.json`)
    return readEscalation(home.read(path) ?? '', path)
  })
  return Promise.all(read)
}

/** One question; `undefined` where there is none of this number. @throws {@link HomeError} `home.damaged`. */
export async function escalationNumbered(home: Home, number: number): Promise<Escalation | undefined> {
  const path = pathOf(home, number)
  const text = home.read(path)
  return text === undefined ? undefined : readEscalation(text, path)
}

/**
 * The question that a command line names: `3` or `#3`.
 *
 * @throws {@link CliError} `cli.not_found`.
 */
export async function findEscalation(home: Home, reference: string): Promise<Escalation> {
  const digits = /^#?([1-9][0-9]{0,8})$/.exec(reference)?.[1]
  const found = digits === undefined ? undefined : await escalationNumbered(home, Number(digits))
  if (found !== undefined) return found
  throw new CliError('cli.not_found', EXIT.usage, 'There is no such escalation.', {
    details: { escalation: reference },
    fix: 'See `ambit escalations ls`; give its number.',
  })
}

/**
 * Holds one question while it is answered: the work sees what is written, changes it whole, and nobody else answers meanwhile.
 *
 * @throws {@link CliError} `cli.not_found`; {@link HomeError} `home.locked`.
 */
export async function withEscalation<result>(
  context: Context,
  number: number,
  work: (escalation: Escalation, change: (changes: Partial<Escalation>) => Escalation) => Promise<result>,
): Promise<result> {
  const home = context.home()
  const release = await takeLock(home, `escalation-${number}`, () => context.output.progress('Waiting for an answer…'))
  try {
    const escalation = await findEscalation(home, String(number))
    return await work(escalation, (changes) => {
      const next = { ...escalation, ...changes }
      home.write(pathOf(home, number), `${toJson(next)}\n`)
      return next
    })
  } finally {
    release()
  }
}

function pathOf(home: Home, number: number): string {
  return home.file(FOLDER, `${number.toString().padStart(9, '0')}.json`)
}

async function readEscalation(text: string, path: string): Promise<Escalation> {
  const { parseGrant } = await import('../grant/parse.ts')
  try {
    const raw = parseJson(text) as unknown as Escalation
    const { action, grant, request, settled } = raw
    const big = (value: unknown) => BigInt(value as string)
    const numbered = <of extends { number: bigint; deadline: bigint }>(of: of): of => {
      return { ...of, number: big(of.number), deadline: big(of.deadline) }
    }
    const escalation: Escalation = {
      ...raw,
      grant: parseGrant(grant),
      at: big(raw.at),
      expires: big(raw.expires),
      threshold: big(raw.threshold),
      requested: big(raw.requested),
      action: {
        ...action,
        calls: action.calls.map((call) => ({ ...call, value: big(call.value) })),
        ...(action.request === undefined ? {} : { request: numbered(action.request) }),
        ...(action.requestsAbove === undefined
          ? {}
          : {
              requestsAbove: Object.fromEntries(
                Object.entries(action.requestsAbove).map(([hash, own]) => [hash, numbered(own)]),
              ),
            }),
      },
      request: request === null ? null : numbered(request),
      settled: settled === null ? null : readSettled(settled, big),
    }
    if (!path.endsWith(`${escalation.number.toString().padStart(9, '0')}.json`)) throw new RangeError('another number')
    return escalation
  } catch (cause) {
    throw new HomeError('home.damaged', 'An escalation cannot be read.', {
      details: { path },
      fix: 'Look at the file; remove it only when nobody waits for its answer.',
      cause,
    })
  }
}

function readSettled(settled: Settled, big: (value: unknown) => bigint): Settled {
  const at = big(settled.at)
  if (settled.as === 'rejected') return { ...settled, at }
  const { submission } = settled
  return { ...settled, at, submission: submission === null ? null : { ...submission, at: big(submission.at) } }
}
