import type { Environment } from '../../caveats/types.ts'
import type { Grant } from '../../grant/types.ts'
import type { Action } from '../../verdict/types.ts'
import type { JournalVerification, Verification } from '../../verification/index.ts'
import { type Found, findBundles } from '../bundles.ts'
import type { Command, Context, Data, Result } from '../command.ts'
import { knownEnvironment } from '../deployments.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { issuerKeySet } from '../issuer.ts'
import { Journal } from '../journal.ts'
import { facts, lines, type Rich, styled, table } from '../output.ts'
import { CHAIN_OPTIONS, chooseChain, namesChain, openChain } from '../session.ts'
import { readTrust } from '../trust.ts'

export const verify: Command = {
  name: 'verify',
  summary: 'Check receipts or a grant: what is proven, attested, refuted, unavailable',
  description:
    'Offline unless a chain is named. Exits 0 when nothing is refuted or missing, 7 when something is refuted, 5 when something that would settle it is not here. Without a path it checks the journal of this machine.',
  arguments: [{ name: 'path', description: 'file with one bundle a line, folder, grant file, or -', optional: true }],
  options: [
    {
      flags: '--trust <file>',
      description: 'key set of an issuer to believe (repeatable); default: this machine’s own',
      list: true,
    },
    ...CHAIN_OPTIONS,
  ],
  examples: [
    'ambit verify',
    'ambit verify receipts.jsonl --trust issuer.json',
    'ambit verify ./receipts --trust issuer.json --chain sepolia --rpc-url $RPC --json',
  ],
  async run(context) {
    const path = context.args[0]
    const bundles = await findBundles(context, path)
    const [only, second] = bundles
    if (path !== undefined && only !== undefined && (second === undefined || only.from.endsWith(':1'))) {
      const whole = bundles.map(({ text }) => text).join('')
      const { looksLikeGrant, verifyGrant } = await import('../verifyGrant.ts')
      if (looksLikeGrant(whole)) return verifyGrant(context, whole)
    }
    const trust = await readTrust(context)
    const { verifyJournal } = await import('../../verification/index.ts')
    const environment = await environmentsOf(context, bundles)
    const options = { trust, environment, ...(path === undefined ? { heads: await ownHeads(context) } : {}) }
    const texts = bundles.map(({ text }) => text)
    let verification = await verifyJournal(texts, options)
    if (namesChain(context) && bundles.length > 0) {
      const chainFacts = await askChain(context, bundles, verification)
      verification = await verifyJournal(texts, { ...options, facts: chainFacts })
    }
    return report(bundles, verification, namesChain(context))
  },
}

async function askChain(context: Context, bundles: readonly Found[], offline: JournalVerification) {
  const claims = await Promise.all(
    offline.receipts.map(async ({ statement }, index) => {
      const grant = await grantIn(bundles[index]?.text ?? '')
      if (statement === undefined || grant === undefined) return []
      const action = await actionIn(bundles[index]?.text ?? '')
      return [{ statement, grant, ...(action === undefined ? {} : { action }) }]
    }),
  )
  const session = await openChain(context, chooseChain(context, claims.flat()[0]?.grant.chainId))
  const { collectFacts } = await import('../collectFacts.ts')
  const here = ({ grant }: { grant: Grant }) =>
    grant.chainId === session.choice.id && grant.manager === session.environment.manager
  return collectFacts(session, claims.flat().filter(here))
}

/** The grant that a bundle carries; unproven, used to know what to ask the chain for. */
async function grantIn(text: string): Promise<Grant | undefined> {
  const { parseBundle } = await import('../../receipt/bundle.ts')
  const { parseGrant } = await import('../../grant/parse.ts')
  const { AmbitError } = await import('../../errors.ts')
  try {
    const bytes = parseBundle(text).evidence['grant']
    return bytes === undefined ? undefined : parseGrant(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    if (error instanceof AmbitError || error instanceof TypeError) return undefined
    throw error
  }
}

/** The action that a bundle carries, unproven too: what was asked decides what of the chain was looked at. */
async function actionIn(text: string): Promise<Action | undefined> {
  const { parseBundle } = await import('../../receipt/bundle.ts')
  const { decodeRequestEvidence } = await import('../../receipt/evidence.ts')
  const { AmbitError } = await import('../../errors.ts')
  try {
    const bytes = parseBundle(text).evidence['request']
    return bytes === undefined ? undefined : decodeRequestEvidence(bytes).request
  } catch (error) {
    if (error instanceof AmbitError || error instanceof TypeError) return undefined
    throw error
  }
}

/** The deployments of every chain that the receipts speak of, as far as anybody here knows them. */
export async function environmentsOf(context: Context, bundles: readonly Found[]): Promise<Environment[]> {
  const grants = await Promise.all(bundles.map(({ text }) => grantIn(text)))
  const chains = [...new Set(grants.flatMap((grant) => (grant === undefined ? [] : [grant.chainId])))]
  const known = await Promise.all(chains.map((chainId) => knownEnvironment(context, chainId)))
  return known.filter((environment) => environment !== undefined)
}

/** Our own journal says where it ends: receipts cut off its end are then seen. */
async function ownHeads(context: Context): Promise<{ iss: string; seq: number; id: string }[]> {
  const set = await issuerKeySet(context.home())
  const head = new Journal(context).lastKnown()
  return set === undefined || head === undefined ? [] : [{ iss: set.iss, ...head }]
}

function report(bundles: readonly Found[], verification: JournalVerification, asked: boolean): Result {
  const { receipts, findings, open } = verification
  const empty = bundles.length === 0
  const result = empty ? 'insufficient' : verification.result
  const counts = { receipts: receipts.length, valid: 0, invalid: 0, insufficient: 0 }
  for (const receipt of receipts) counts[receipt.result]++
  const failure = failureOf(result, counts)
  return {
    data: {
      result,
      chainAsked: asked,
      counts,
      receipts: receipts.map((receipt, index) => ({
        from: bundles[index]?.from ?? '',
        id: receipt.id ?? null,
        kind: receipt.statement?.kind ?? null,
        result: receipt.result,
        checks: receipt.checks as unknown as Data,
      })),
      findings: findings as unknown as Data,
      open: open as unknown as Data,
    },
    text: lines(
      table(
        ['RESULT', 'KIND', 'RECEIPT', 'PROVEN', 'ATTESTED', 'WRONG OR MISSING'],
        receipts.map((receipt, index) => renderRow(receipt, bundles[index]?.from ?? '')),
      ),
      findings.length === 0
        ? undefined
        : table(
            ['TOGETHER', 'STATUS', 'PLACE'],
            findings.map(({ code, status, seq, ids }) => [code, status, `${seq ?? ''} ${ids.join(' ')}`]),
          ),
      facts([
        ['result', renderResult(result)],
        ['receipts', `${counts.valid} valid, ${counts.invalid} invalid, ${counts.insufficient} not settled`],
        ['chain', asked ? 'asked' : 'not asked: what it says is the issuer’s word'],
        open.length === 0 ? undefined : ['open', `${open.length} allowed without a settled outcome`],
      ]),
    ),
    ...(failure === undefined ? {} : { failure }),
  }
}

function renderRow(receipt: Verification, from: string): Rich[] {
  const count = (status: string) => receipt.checks.filter((check) => check.status === status).length
  const wrong = receipt.checks.filter(({ status }) => status === 'refuted' || status === 'unavailable')
  return [
    renderResult(receipt.result),
    receipt.statement?.kind ?? '?',
    receipt.id?.slice(0, 12) ?? from,
    String(count('proven')),
    String(count('attested')),
    wrong.map(({ check, code }) => `${check}: ${code}`).join(', '),
  ]
}

function renderResult(result: 'valid' | 'invalid' | 'insufficient'): Rich {
  return styled(result === 'valid' ? 'green' : result === 'invalid' ? 'red' : 'yellow', result)
}

function failureOf(
  result: 'valid' | 'invalid' | 'insufficient',
  counts: { receipts: number; invalid: number; insufficient: number },
): { error: CliError; exit: ExitCode } | undefined {
  if (result === 'valid') return undefined
  const exit = result === 'invalid' ? EXIT.verificationFailed : EXIT.unsettled
  const message = result === 'invalid' ? 'Something in these receipts is false.' : 'Not everything could be settled.'
  const fix =
    result === 'invalid'
      ? 'Do not rely on them; look at the checks that are refuted.'
      : 'Give what is missing: --trust <file> for the issuer, --deployment or a chain, or the receipts in between.'
  return { error: new CliError('cli.not_verified', exit, message, { details: counts, fix }), exit }
}
