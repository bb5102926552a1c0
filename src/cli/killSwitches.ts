import { z } from 'zod'
import type { Environment } from '../caveats/types.ts'
import type { Plan } from '../compile/types.ts'
import type { Delegation } from '../delegation/types.ts'
import { GrantError } from '../grant/errors.ts'
import { coverGuardian, type KillSwitch, requireKillSwitch } from '../grant/guardian.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { parseJson } from '../primitives/json.ts'
import type { Scope } from '../scope/types.ts'
import type { Context } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import type { Session } from './session.ts'
import { readInput } from './stdin.ts'

/** A kill switch as a file: what the principal keeps to know that it is guarded, and hands to the guardian to fire. */
export type KillSwitchFile = { chainId: number; manager: Address; delegation: Delegation }

const FOLDER = 'guardians'
const hex = (pattern: RegExp) => z.custom<Hex>((value) => typeof value === 'string' && pattern.test(value))
const account = hex(/^0x[0-9a-f]{40}$/)
const word = hex(/^0x[0-9a-f]{64}$/)
const bytes = hex(/^0x(?:[0-9a-f]{2}){0,4096}$/)
const Document = z.strictObject({
  schema: z.literal('ambit.killswitch.v1'),
  chainId: z.int().min(1),
  manager: account,
  delegation: z.strictObject({
    delegate: account,
    delegator: account,
    authority: word,
    caveats: z.array(z.strictObject({ enforcer: account, terms: bytes, args: bytes })).max(16),
    salt: word,
    signature: bytes,
  }),
})

/** Keeps a kill switch under its hash, and says where. */
export async function saveKillSwitch(context: Context, file: KillSwitchFile): Promise<string> {
  const { hashDelegation } = await import('../delegation/hash.ts')
  const home = context.home()
  const path = home.file(FOLDER, `${hashDelegation(file.delegation)}.json`)
  home.write(path, `${JSON.stringify({ schema: 'ambit.killswitch.v1', ...file }, null, 2)}\n`)
  return path
}

/** Every kill switch of this machine. */
export async function storedKillSwitches(context: Context): Promise<KillSwitchFile[]> {
  const home = context.home()
  return home.list(FOLDER).map((name) => {
    const path = home.file(FOLDER, `${name}.json`)
    return parseKillSwitch(home.read(path) ?? '', path)
  })
}

/**
 * The kill switch that a command line names: a path (with a slash or ending in .json), or the beginning of its hash.
 *
 * @throws {@link CliError} `cli.not_found`, `cli.ambiguous`, `cli.usage`.
 */
export async function findKillSwitch(context: Context, reference: string): Promise<KillSwitchFile> {
  if (reference === '-') return parseKillSwitch(await context.stdin(), 'standard input')
  if (/[/\\]|\.json$/.test(reference)) return parseKillSwitch(readInput(reference), reference)
  const home = context.home()
  const matches = home.list(FOLDER).filter((name) => /^0x[0-9a-f]{4,}$/.test(reference) && name.startsWith(reference))
  const [name] = matches
  if (name !== undefined && matches.length === 1) {
    const path = home.file(FOLDER, `${name}.json`)
    return parseKillSwitch(home.read(path) ?? '', path)
  }
  throw new CliError(
    matches.length === 0 ? 'cli.not_found' : 'cli.ambiguous',
    EXIT.usage,
    'Which kill switch is meant is not clear.',
    {
      details: { killSwitch: reference, matches },
      fix: 'Give its file, or 0x and the beginning of its hash; see `ambit guardian check`.',
    },
  )
}

/**
 * The kill switch that guards a grant of this scope, asked of the chain now; `undefined` where the scope names no guardian.
 *
 * @throws `GrantError` `grant.guardian_missing` where there is none here, or why the best one does not do.
 */
export async function requireGuardian(
  context: Context,
  session: Session,
  scope: Scope,
): Promise<KillSwitch | undefined> {
  const { guardian } = scope.revocation
  if (guardian === undefined) return undefined
  const { readKillSwitchFacts } = await import('../chain/revokeByGuardian.ts')
  const { environment, node } = session
  const kept = (await storedKillSwitches(context)).filter(
    ({ chainId, manager, delegation }) =>
      chainId === environment.chainId &&
      manager === environment.manager &&
      delegation.delegator === scope.principal &&
      delegation.delegate === guardian,
  )
  let refused: GrantError | undefined
  for (const { delegation } of kept) {
    try {
      const facts = await readKillSwitchFacts(node, { killSwitch: delegation, environment })
      return requireKillSwitch(delegation, { scope, environment, facts })
    } catch (error) {
      if (!(error instanceof GrantError)) throw error
      refused = error
    }
  }
  throw refused ?? missing(environment, scope.principal, guardian, scope.expiry)
}

/** The plan, its guardian's line held by the kill switch. */
export function guarded(plan: Plan, killSwitch: KillSwitch | undefined): Plan {
  return killSwitch === undefined ? plan : { ...plan, coverage: coverGuardian(plan.coverage, killSwitch) }
}

function missing({ chainId }: Environment, principal: Address, guardian: Address, expiry: string): GrantError {
  return new GrantError('grant.guardian_missing', 'The scope names a guardian, and no kill switch for it is here.', {
    details: { chainId, principal, guardian },
    fix: `Make one first: \`ambit guardian create --guardian ${guardian}\` with an end after ${expiry}.`,
  })
}

function parseKillSwitch(text: string, from: string): KillSwitchFile {
  const parsed = Document.safeParse(parseJson(text))
  if (parsed.success) {
    const { chainId, manager, delegation } = parsed.data
    return { chainId, manager, delegation }
  }
  throw new CliError('cli.usage', EXIT.usage, 'This is not a kill switch.', {
    details: { from, at: `/${parsed.error.issues[0]?.path.map(String).join('/') ?? ''}` },
    fix: 'Give the file that `ambit guardian create` wrote.',
  })
}
