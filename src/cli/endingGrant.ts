import type { Grant } from '../grant/types.ts'
import { type Hex, isHex } from '../primitives/hex.ts'
import type { Context } from './command.ts'
import { knownEnvironment } from './deployments.ts'
import { CliError, HomeError } from './errors.ts'
import { EXIT } from './exit.ts'
import { findStored, namesFile, readGrant, readNamed, storedGrants } from './grantStore.ts'
import { Journal } from './journal.ts'
import { chooseChain, openChain, type Session } from './session.ts'

/** A grant that is to be ended. Ending must work with a damaged file too; a receipt is written of what is proven only. */
export type EndingGrant = {
  id: Hex
  /** `null` where its file cannot be read and no other copy is kept. */
  grant: Grant | null
  /** It is as this machine granted it, or each delegator's key signed it and the caveats are those of its scopes. */
  proven: boolean
}

/**
 * The grant that a command line names, from what is kept here: the copy in the receipt of its granting, which is under the
 * issuer's signature, else the one in the store. A file of somebody else is used only where none is kept.
 *
 * @throws {@link CliError} `cli.grant_differs`: the file claims to be a kept grant and is not; `GrantError` for a file that
 * is no grant, or is not what its scopes compile to.
 */
export async function findEnding(context: Context, reference: string): Promise<EndingGrant> {
  if (namesFile(reference)) {
    const { text, from } = await readNamed(context, reference)
    const given = await readGrant(text)
    const kept = await keptGrant(context, given.id)
    if (kept === null) return proving(context, given)
    if (!(await isSame(given, kept.grant))) throw differs(given.id, from)
    return kept
  }
  const id = await idOf(context, reference)
  return (await keptGrant(context, id)) ?? { id, grant: null, proven: false }
}

/**
 * The same with its chain open. What is not proven here must be borne out by the chain before anything is sent.
 *
 * @throws {@link HomeError} `home.damaged` where no copy can be read.
 */
export async function openEnding(context: Context, reference: string): Promise<{ grant: Grant; session: Session }> {
  const ending = await findEnding(context, reference)
  const session = await openChain(context, chooseChain(context, required(ending).chainId))
  return { grant: await endingOn(session, ending), session }
}

/** The grant that is to be ended on a chain that is open. Throws as {@link openEnding}. */
export async function endingOn(session: Session, ending: EndingGrant): Promise<Grant> {
  const grant = required(ending)
  if (!ending.proven) {
    const { assertGrantsScope } = await import('../grant/compare.ts')
    const { assertGenuine } = await import('./trustGrant.ts')
    assertGrantsScope(grant, session.environment)
    await assertGenuine(session, grant)
  }
  return grant
}

function required({ id, grant }: EndingGrant): Grant {
  if (grant !== null) return grant
  throw new HomeError('home.damaged', 'The file of this grant cannot be read.', {
    details: { grant: id },
    fix: 'Give a copy of the file; the delegate was handed one. `ambit stop` works by the id alone.',
  })
}

/** `null` where nothing is kept that can be read. */
async function keptGrant(context: Context, id: Hex): Promise<(EndingGrant & { grant: Grant }) | null> {
  const granted = await new Journal(context).grantOf(id)
  if (granted !== undefined) return { id, grant: granted, proven: true }
  const stored = (await storedGrants(context)).find((entry) => entry.id === id)
  return stored !== undefined && 'grant' in stored ? proving(context, stored.grant) : null
}

/** The file's own name says the id even where the file says nothing any more. */
async function idOf(context: Context, reference: string): Promise<Hex> {
  try {
    const { id } = await findStored(context, reference)
    if (isId(id)) return id
  } catch (error) {
    // The file may be gone altogether, and the receipt of its granting still here.
    const gone = error instanceof CliError && error.code === 'cli.not_found' && isId(reference)
    if (!gone || (await new Journal(context).grantOf(reference)) === undefined) throw error
    return reference
  }
  throw new HomeError('home.damaged', 'A file among the grants is not named by an id.', {
    details: { grant: reference },
    fix: 'Look at the folder of grants, and give the id.',
  })
}

async function proving(context: Context, grant: Grant): Promise<EndingGrant & { grant: Grant }> {
  const environment = await knownEnvironment(context, grant.chainId)
  if (environment === undefined) return { id: grant.id, grant, proven: false }
  const { assertGrantsScope } = await import('../grant/compare.ts')
  assertGrantsScope(grant, environment)
  return { id: grant.id, grant, proven: environment.manager === grant.manager && (await isSigned(grant)) }
}

/** By the delegators' own keys. What a contract account accepts only the chain can say. */
async function isSigned({ chainId, manager, delegations }: Grant): Promise<boolean> {
  const { signingHash } = await import('../delegation/hash.ts')
  const { recoverSigner } = await import('../delegation/signature.ts')
  return delegations.every((delegation) => {
    const recovery = recoverSigner(signingHash(delegation, { chainId, manager }), delegation.signature)
    return recovery.status === 'signed' && recovery.signer === delegation.delegator
  })
}

async function isSame(given: Grant, kept: Grant): Promise<boolean> {
  const { serializeGrant } = await import('../grant/serialize.ts')
  return serializeGrant(given) === serializeGrant(kept)
}

function isId(text: string): text is Hex {
  return text.length === 66 && isHex(text)
}

function differs(id: Hex, from: string): CliError {
  return new CliError('cli.grant_differs', EXIT.verificationFailed, 'This file is not the grant that is kept here.', {
    details: { grant: id, from },
    fix: 'Do not use the file. Name the grant by its id: the copy kept here is used then.',
  })
}
