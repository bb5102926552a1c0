import type { Environment } from '../caveats/types.ts'
import { AmbitError } from '../errors.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Context } from './command.ts'
import { CliError, HomeError } from './errors.ts'
import { EXIT } from './exit.ts'
import { readInput } from './stdin.ts'

const FOLDER = 'grants'
/** One file for each grant that another took the place of. */
const REPLACED = 'replaced'

/** A grant in the state folder, or why it cannot be read. */
export type Stored = { id: string; path: string } & ({ grant: Grant } | { error: AmbitError })

/** Keeps a grant under its id, and says where. */
export async function saveGrant(context: Context, grant: Grant): Promise<string> {
  const { serializeGrant } = await import('../grant/serialize.ts')
  const home = context.home()
  const path = home.file(FOLDER, `${grant.id}.json`)
  home.write(path, serializeGrant(grant))
  return path
}

/** Notes that another grant took the place of this one: the name of the task then means the other. */
export function markReplaced(context: Context, old: Hex, next: Hex): void {
  const home = context.home()
  home.write(home.file(REPLACED, `${old}.json`), `${JSON.stringify({ by: next })}\n`)
}

/** Every grant of this machine, in the order of their ids. */
export async function storedGrants(context: Context): Promise<Stored[]> {
  const { parseGrant } = await import('../grant/parse.ts')
  const home = context.home()
  return home.list(FOLDER).map((id) => {
    const path = home.file(FOLDER, `${id}.json`)
    try {
      const grant = parseGrant(home.read(path) ?? '')
      if (grant.id !== id) throw misnamed(path, grant)
      return { id, path, grant }
    } catch (error) {
      if (!(error instanceof AmbitError)) throw error
      return { id, path, error }
    }
  })
}

/** Text of the grant a command line names, and where it is from. */
export type GrantText = { text: string; from: string }

/**
 * Finds what `<grant>` names: `-` for standard input, a path (with a slash or ending in .json), else a grant of this
 * machine by id, beginning of its id, or task.
 *
 * @throws {@link CliError} `cli.not_found`, `cli.ambiguous`: several matches are listed, never the first taken.
 */
export async function findGrant(context: Context, reference: string): Promise<GrantText> {
  if (namesFile(reference)) return readNamed(context, reference)
  const { path } = await findStored(context, reference)
  return { text: context.home().read(path) ?? '', from: path }
}

/** True where a reference is not of the store but standard input or a path. */
export function namesFile(reference: string): boolean {
  return reference === '-' || /[/\\]|\.json$/.test(reference)
}

export async function readNamed(context: Context, reference: string): Promise<GrantText> {
  if (reference === '-') return { text: await context.stdin(), from: 'standard input' }
  const { MAX_GRANT_BYTES } = await import('../grant/serialize.ts')
  return { text: readInput(reference, MAX_GRANT_BYTES), from: reference }
}

/** The one grant of the store with this id, beginning of an id, or task. Throws as {@link findGrant}. */
export async function findStored(context: Context, reference: string): Promise<Stored> {
  const stored = await storedGrants(context)
  const prefix = /^(?:0x)?([0-9a-f]{4,64})$/.exec(reference.toLowerCase())?.[1]
  const replaced = new Set(context.home().list(REPLACED))
  const matches = stored.filter((entry) => {
    const named = 'grant' in entry && !replaced.has(entry.id) && entry.grant.scopes.at(-1)?.task.id === reference
    return named || (prefix !== undefined && entry.id.startsWith(`0x${prefix}`))
  })
  const [first, second] = matches
  if (first !== undefined && second === undefined) return first
  if (first === undefined) {
    throw new CliError('cli.not_found', EXIT.usage, 'There is no such grant.', {
      details: { grant: reference },
      fix: 'See `ambit grants`; give a file, an id, four or more digits of one, or the name of its task.',
    })
  }
  throw new CliError('cli.ambiguous', EXIT.usage, 'Several grants are named like this.', {
    details: { grant: reference, matches: matches.map(describe) },
    fix: 'Give the id of one of them, or enough of it.',
  })
}

/** Reads a grant strictly; with an environment also against what its scopes compile to. */
export async function readGrant(text: string, environment?: Environment): Promise<Grant> {
  const { parseGrant } = await import('../grant/parse.ts')
  return parseGrant(text, environment === undefined ? {} : { environment })
}

/** Whoever can plant a file here must not make one grant answer to the id of another. */
function misnamed(path: string, { id }: Grant): HomeError {
  return new HomeError('home.damaged', 'The file of a grant holds another one.', {
    details: { path, grant: id },
    fix: 'Look at where the file is from; a grant is kept under its own id.',
  })
}

function describe(entry: Stored): string {
  if (!('grant' in entry)) return `${entry.id} (unreadable)`
  const scope = entry.grant.scopes.at(-1)
  return `${entry.id} (task ${scope?.task.id ?? ''}, delegate ${scope?.delegate ?? ''})`
}
