import type { Undone } from '../chain/readEndings.ts'
import { AmbitError } from '../errors.ts'
import type { GrantCheck } from '../grant/check.ts'
import type { Grant } from '../grant/types.ts'
import { parseJson } from '../primitives/json.ts'
import type { Context, Data, Result } from './command.ts'
import { knownEnvironment } from './deployments.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import { readGrant } from './grantStore.ts'
import { grantData } from './grantText.ts'
import { facts, lines, type Rich, styled, table } from './output.ts'
import { chooseChain, namesChain, openChain, type Session } from './session.ts'
import { renderUndone, undoneOf } from './undone.ts'

/** True for a file that says it is a grant: whether it is one, {@link verifyGrant} finds out. */
export function looksLikeGrant(text: string): boolean {
  try {
    const json = parseJson(text)
    const schema = json !== null && typeof json === 'object' && !Array.isArray(json) ? json['schema'] : undefined
    return typeof schema === 'string' && schema.startsWith('ambit.grant.')
  } catch (error) {
    if (error instanceof AmbitError) return false
    throw error
  }
}

/**
 * Is this grant whole, signed and, with a chain, alive? Without a chain nobody can say that it was not revoked: that stays
 * open and exits 5, never 0.
 *
 * @throws `GrantError` for a file that is no grant, or a changed one.
 */
export async function verifyGrant(context: Context, text: string): Promise<Result> {
  const { checkGrant } = await import('../grant/check.ts')
  const { chainId } = await readGrant(text)
  const session = namesChain(context) ? await openChain(context, chooseChain(context, chainId)) : undefined
  const environment = session?.environment ?? (await knownEnvironment(context, chainId))
  const grant = await readGrant(text, environment)
  let check: GrantCheck | undefined
  if (session !== undefined) {
    const { checkOnChain } = await import('./trustGrant.ts')
    check = await checkOnChain(session, grant)
  } else if (environment !== undefined) check = checkGrant(grant, { environment })
  const undone = session === undefined || check === undefined ? [] : await undoneIn(context, session, check)
  const result = resultOf(check)
  const rows = check === undefined ? [] : rowsOf(check)
  return {
    data: {
      result,
      chainAsked: session !== undefined,
      grant: grantData(grant),
      status: check?.status ?? 'unavailable',
      checks: rows as unknown as Data,
      undone: undone as unknown as Data,
    },
    text: lines(
      table(
        ['RESULT', 'CHECK', 'WHERE', 'WHAT'],
        rows
          .filter((row) => row.result !== 'pass')
          .map((row) => [renderRow(row.result), row.check, row.where, row.detail]),
      ),
      facts([
        ['grant', grant.id],
        ['result', styled(result === 'valid' ? 'green' : result === 'invalid' ? 'red' : 'yellow', result)],
        ['checks', `${rows.filter((row) => row.result === 'pass').length} of ${rows.length} passed`],
        ['chain', session === undefined ? 'not asked: whether it was revoked is open' : 'asked'],
      ]),
      renderUndone(undone),
    ),
    ...failureOf(result, grant),
  }
}

async function undoneIn(context: Context, session: Session, { branches }: GrantCheck): Promise<Undone[]> {
  const { readBlock } = await import('../chain/block.ts')
  const hashes = [...new Set(branches.flatMap((branch) => branch.hashes))]
  return undoneOf(context, session, hashes, await readBlock(session.node))
}

function resultOf(check: GrantCheck | undefined): 'valid' | 'invalid' | 'insufficient' {
  if (check?.status === 'valid') return 'valid'
  return check?.status === 'invalid' || check?.status === 'partial' ? 'invalid' : 'insufficient'
}

function rowsOf(check: GrantCheck) {
  return [
    ...check.rows.map((row) => ({ ...row, where: 'grant' })),
    ...check.branches.flatMap(({ rows }, branch) =>
      rows.map((row) => ({ ...row, where: `branch ${branch + 1}${row.link === null ? '' : `, link ${row.link}`}` })),
    ),
  ]
}

function renderRow(result: 'pass' | 'fail' | 'unavailable'): Rich {
  return styled(result === 'pass' ? 'green' : result === 'fail' ? 'red' : 'yellow', result)
}

function failureOf(result: 'valid' | 'invalid' | 'insufficient', grant: Grant): Pick<Result, 'failure'> {
  if (result === 'valid') return {}
  const exit = result === 'invalid' ? EXIT.verificationFailed : EXIT.unsettled
  const message = result === 'invalid' ? 'This grant cannot be used as it is.' : 'Not everything could be settled.'
  const fix =
    result === 'invalid' ? 'Look at the checks that failed.' : 'Name a chain: --chain local, or --rpc-url <url>.'
  return {
    failure: { error: new CliError('cli.not_verified', exit, message, { details: { grant: grant.id }, fix }), exit },
  }
}
