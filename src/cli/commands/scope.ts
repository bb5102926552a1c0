import type { Difference } from '../../scope/index.ts'
import type { Scope } from '../../scope/types.ts'
import type { Command, Context, Data, Result } from '../command.ts'
import { compileScope, openTarget } from '../compileScope.ts'
import { exitOf } from '../exit.ts'
import { renderScopeHead } from '../grantText.ts'
import { type ChosenLowering, chooseLowering, LOWERING, loweringText } from '../lowering.ts'
import { facts, lines, type Rich, styled, table, untrusted } from '../output.ts'
import { chainIdOf, readScope, readScopeDocument } from '../scopeFile.ts'
import {
  planData,
  renderBlastRadius,
  renderCoverage,
  renderExplanation,
  renderWarnings,
  section,
} from '../scopeText.ts'
import { CHAIN_OPTIONS } from '../session.ts'

const FILE = { name: 'file', description: 'scope file, or - for standard input' }
const ACCEPT = {
  flags: '--accept <pointer>',
  description: 'accept that this constraint is held by the redeemer only (repeatable)',
  list: true as const,
}

export const scopeCheck: Command = {
  name: 'scope check',
  summary: 'Read a scope: is it valid, what could be lost, who enforces what',
  description: 'Exits 2 when the scope is refused or cannot be enforced. Nothing is signed or sent.',
  arguments: [FILE],
  options: [ACCEPT, LOWERING, ...CHAIN_OPTIONS],
  examples: ['ambit scope check scope.json', 'ambit scope check scope.json --accept /rules/0/max --json'],
  async run(context) {
    const { scope, compiled, chosen } = await look(context)
    const { blastRadius, lintScope, scopeHash } = await import('../../scope/index.ts')
    const now = context.now()
    const warnings = lintScope(scope, { now })
    const most = blastRadius(scope, { now })
    const plan = compiled !== undefined && 'plan' in compiled ? compiled.plan : undefined
    return withFailure(compiled, {
      data: {
        hash: scopeHash(scope),
        scope: scope as unknown as Data,
        warnings: warnings as unknown as Data,
        blastRadius: most as unknown as Data,
        lowering: chosen ?? null,
        plan: plan === undefined ? null : planData(plan),
      },
      text: lines(
        renderScopeHead(scope),
        chosen === undefined ? undefined : facts([['lowering', loweringText(chosen)]]),
        section('Most that can leave before it ends', await renderBlastRadius(scope, most)),
        warnings.length === 0 ? undefined : section('Warnings', renderWarnings(warnings)),
        plan === undefined ? undefined : section('Who holds what', renderCoverage(plan.coverage)),
        compiled === undefined ? UNKNOWN_DEPLOYMENT : undefined,
      ),
    })
  },
}

export const scopeExplain: Command = {
  name: 'scope explain',
  summary: 'Say in plain words what a scope would permit, read from its compiled caveats',
  arguments: [FILE],
  options: [ACCEPT, LOWERING, ...CHAIN_OPTIONS],
  examples: ['ambit scope explain scope.json'],
  async run(context) {
    const { scope, compiled, chosen } = await look(context)
    const plan = compiled !== undefined && 'plan' in compiled ? compiled.plan : undefined
    return withFailure(compiled, {
      data: { task: scope.task, lowering: chosen ?? null, explanation: (plan?.explanation ?? []) as unknown as Data },
      text: lines(
        renderScopeHead(scope),
        chosen === undefined ? undefined : facts([['lowering', loweringText(chosen)]]),
        plan === undefined ? UNKNOWN_DEPLOYMENT : renderExplanation(plan.explanation),
      ),
    })
  },
}

export const scopeDiff: Command = {
  name: 'scope diff',
  summary: 'Compare two scopes: what became narrower, what wider',
  arguments: [
    { name: 'before', description: 'scope file' },
    { name: 'after', description: 'scope file' },
  ],
  options: CHAIN_OPTIONS,
  examples: ['ambit scope diff old.json new.json'],
  async run(context) {
    const [before = '', after = ''] = context.args
    const documents = [await readScopeDocument(context, before), await readScopeDocument(context, after)]
    const { session } = await openTarget(context, chainIdOf(documents[1]))
    const [from, to] = await Promise.all(documents.map((document) => readScope(context, document, session)))
    const { diffScopes, isSubset } = await import('../../scope/index.ts')
    return renderDiff(diffScopes(from as Scope, to as Scope), isSubset(to as Scope, from as Scope).subset)
  },
}

type Compiled = Awaited<ReturnType<typeof compileScope>>

const UNKNOWN_DEPLOYMENT = styled(
  'yellow',
  'The framework has no known deployment on this chain: it was not compiled. Give --deployment <file>.',
)

async function look(context: Context): Promise<{
  scope: Scope
  compiled: Compiled | undefined
  chosen?: ChosenLowering
}> {
  const document = await readScopeDocument(context, context.args[0] ?? '')
  const { session, environment } = await openTarget(context, chainIdOf(document))
  const scope = await readScope(context, document, session)
  if (environment === undefined) return { scope, compiled: undefined }
  let nonce = 0n
  if (session !== undefined) {
    const { readNonce } = await import('../../chain/readNonce.ts')
    nonce = await readNonce(session.node, { delegator: scope.principal, environment })
  }
  const chosen = await chooseLowering(context, session)
  return {
    scope,
    compiled: await compileScope(context, scope, { environment, nonce, lowering: chosen.lowering }),
    chosen,
  }
}

/** What cannot be enforced is refused, and what was found out is still said. */
function withFailure(compiled: Compiled | undefined, result: { data: Data; text: Rich }): Result {
  if (compiled === undefined || !('error' in compiled)) return result
  return { ...result, failure: { error: compiled.error, exit: exitOf(compiled.error) } }
}

function renderDiff(differences: readonly Difference[], subset: boolean): Result {
  const mark = {
    wider: styled('red', 'wider'),
    narrower: styled('green', 'narrower'),
    changed: styled('yellow', 'changed'),
  }
  const rows = differences.map(({ pointer, before, after, direction }) => [
    mark[direction],
    pointer,
    shown(before),
    shown(after),
  ])
  return {
    data: { narrower: subset, differences: differences as unknown as Data },
    text: lines(
      differences.length === 0 ? 'No difference.' : table(['WHAT', 'WHERE', 'BEFORE', 'AFTER'], rows),
      subset
        ? 'The second admits nothing that the first does not.'
        : styled('yellow', 'The second admits something that the first does not: it needs a new signature.'),
    ),
  }
}

function shown(value: unknown): string {
  return value === undefined ? '-' : untrusted(value)
}
