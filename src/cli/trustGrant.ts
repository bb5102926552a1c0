import type { Caveat } from '../caveats/types.ts'
import type { CheckCode } from '../delegation/facts.ts'
import type { GrantCheck } from '../grant/check.ts'
import type { Grant } from '../grant/types.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import type { Session } from './session.ts'

/** What ends or suspends a good grant. Anything else that fails means that it never was one. */
const ENDED: ReadonlySet<CheckCode | string> = new Set([
  'paused',
  'revoked',
  'group_revoked',
  'expired',
  'not_yet_valid',
])

/**
 * What is about to be signed means what was shown only to the contracts whose terms we know.
 *
 * @throws `ChainError` as `checkDeployment`.
 */
export async function assertKnownContracts(
  { node, environment }: Session,
  links: readonly { caveats: readonly Caveat[] }[],
): Promise<void> {
  const { checkDeployment } = await import('../chain/checkDeployment.ts')
  const { enforcersOf } = await import('../chain/knownCode.ts')
  const caveats = links.flatMap((link) => link.caveats)
  await checkDeployment(node, { environment, enforcers: enforcersOf(caveats, environment) })
}

/** The grant held against the chain, at one block. */
export async function checkOnChain(session: Session, grant: Grant): Promise<GrantCheck> {
  const { readFacts } = await import('../chain/readFacts.ts')
  const { checkGrant } = await import('../grant/check.ts')
  const { facts } = await readFacts(session.node, { grant, environment: session.environment })
  return checkGrant(grant, facts)
}

/** @throws {@link CliError} `cli.not_verified` unless every branch can be redeemed now, or from its beginning on. */
export async function assertLive(session: Session, grant: Grant): Promise<void> {
  const check = await checkOnChain(session, grant)
  const wrong = failures(check).filter(({ code }) => code !== 'not_yet_valid')
  if (wrong.length > 0) throw refused(wrong)
}

/**
 * Lets ended grants pass, so that the verdict can say why nothing may be done; a chain that is not what it says (a signature
 * of somebody else, a broken link) is refused.
 *
 * @throws {@link CliError} `cli.not_verified`.
 */
export async function assertGenuine(session: Session, grant: Grant): Promise<GrantCheck> {
  const check = await checkOnChain(session, grant)
  const wrong = failures(check).filter(({ code }) => !ENDED.has(code))
  if (wrong.length > 0) throw refused(wrong)
  return check
}

type Failure = { code: string; detail: string }

function failures({ rows, branches }: GrantCheck): Failure[] {
  return [...rows, ...branches.flatMap((branch) => branch.rows)].flatMap((row) =>
    row.result === 'pass' ? [] : [{ code: row.code, detail: row.detail }],
  )
}

function refused(wrong: readonly Failure[]): CliError {
  return new CliError('cli.not_verified', EXIT.verificationFailed, 'The chain does not bear this grant out.', {
    details: { codes: [...new Set(wrong.map(({ code }) => code))], first: wrong[0]?.detail ?? '' },
    fix: 'Do not use it. `ambit inspect` shows every check.',
  })
}
