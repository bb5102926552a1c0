import type { Address } from '../../primitives/hex.ts'
import type { Scope } from '../../scope/types.ts'
import type { Command, Context, Data } from '../command.ts'
import { confirm, YES } from '../confirm.ts'
import { CONFIRM, confirmAll } from '../confirmAll.ts'
import { CliError, KeyError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { storedGrants } from '../grantStore.ts'
import { KEY_OPTIONS, loadSigner } from '../keys.ts'
import { facts, lines, type Rich, styled, table } from '../output.ts'
import { CHAIN_OPTIONS, chooseChain, openChain, type Session } from '../session.ts'
import { parseEnd } from '../units.ts'

const WHAT =
  'One call, once: raising the principal’s nonce, which ends every grant of the principal that carries it. Nothing else, by nobody else, and it cannot be handed on.'

const UPGRADE =
  'This account is a plain one: it is upgraded first (EIP-7702), in a transaction it pays for, or nobody could fire.'

export const guardianCreate: Command = {
  name: 'guardian create',
  summary: 'Give a cold key a kill switch over everything an account grants',
  description: `${WHAT} Grants in one caveat (--lowering fused) need none: their guardian ends them with \`ambit revoke <grant> --group\`.`,
  options: [
    { flags: '--guardian <account>', description: 'who may fire it: an address or an account name' },
    { flags: '--expires <time>', description: 'its end, beyond all that it guards: 400d, or 2027-12-31T00:00:00Z' },
    {
      flags: '--principal <account>',
      description: 'the contract account whose owner signs, where it is not the signer',
    },
    YES,
    ...KEY_OPTIONS,
    ...CHAIN_OPTIONS,
  ],
  examples: ['ambit guardian create --chain local --account local:principal --guardian local:guardian --expires 400d'],
  async run(context) {
    const session = await openChain(context, chooseChain(context))
    const signer = await loadSigner(context, session.choice)
    const { readAccount } = await import('../grantFlags.ts')
    const [named, expires] = [required(context, 'guardian'), required(context, 'expires')]
    const principalName = context.options['principal'] as string | undefined
    const own = signer.address.toLowerCase() as Address
    const principal = principalName === undefined ? own : await readAccount(context, principalName)
    const guardian = await readAccount(context, named)
    const expiry = parseEnd(expires, context.now(), '--expires')
    const { createKillSwitch, killSwitchTroubles, readKillSwitch } = await import('../../grant/guardian.ts')
    const { environment, node } = session
    const salt = `0x${Buffer.from(context.random(32)).toString('hex')}` as const
    const delegation = createKillSwitch({ environment, principal, guardian, expiry, salt })
    const { assertKnownContracts } = await import('../trustGrant.ts')
    await assertKnownContracts(session, [delegation])
    const { formatInstant } = await import('../../primitives/time.ts')
    const about = lines(
      WHAT,
      facts([
        ['principal', principal],
        ['guardian', guardian],
        ['until', formatInstant(expiry)],
      ]),
    )
    const { readAccountCode } = await import('../../chain/account.ts')
    const { readBlock } = await import('../../chain/block.ts')
    const block = (await readBlock(node)).hash
    const plain = (await readAccountCode(node, { address: principal, environment, block })).kind === 'none'
    await confirm(
      context,
      lines(about, plain ? styled('yellow', UPGRADE) : undefined),
      `Sign this kill switch as ${principal}?`,
    )
    if (plain && principal === own) {
      const { upgradeAccount } = await import('../../chain/upgradeAccount.ts')
      await upgradeAccount(node, { account: signer, environment })
      await session.save()
    }
    const { signDelegation } = await import('../../delegation/sign.ts')
    const account =
      principal === own
        ? signer
        : { address: principal, type: 'smart', signTypedData: (data: never) => signer.signTypedData(data) }
    const { chainId, manager } = environment
    const signed = await signDelegation(account, { delegation, chainId, manager })
    const { readKillSwitchFacts } = await import('../../chain/revokeByGuardian.ts')
    const troubles = killSwitchTroubles(signed, await readKillSwitchFacts(node, { killSwitch: signed, environment }))
    if (troubles.length > 0) {
      throw new CliError('cli.not_verified', EXIT.verificationFailed, 'The chain does not bear this kill switch out.', {
        details: { codes: troubles },
        fix: 'Sign with the account of the principal.',
      })
    }
    const { saveKillSwitch } = await import('../killSwitches.ts')
    const path = await saveKillSwitch(context, { chainId, manager, delegation: signed })
    const { hash } = readKillSwitch(signed, environment)
    return {
      data: { hash, principal, guardian, expiry: formatInstant(expiry), file: path },
      text: lines(
        about,
        facts([
          ['kill switch', styled('bold', hash)],
          ['file', path],
        ]),
        'Hand the file to the guardian: it fires with `ambit guardian fire`. Keep it here: each grant looks for it.',
      ),
    }
  },
}

export const guardianCheck: Command = {
  name: 'guardian check',
  summary: 'Ask the chain whether the kill switches kept here still work, and what they guard',
  options: CHAIN_OPTIONS,
  examples: ['ambit guardian check --chain local'],
  async run(context) {
    const session = await openChain(context, chooseChain(context))
    await session.freshen(60n)
    const { killSwitchTroubles, readKillSwitch } = await import('../../grant/guardian.ts')
    const { readKillSwitchFacts } = await import('../../chain/revokeByGuardian.ts')
    const { formatInstant, parseInstant } = await import('../../primitives/time.ts')
    const { environment, node } = session
    const { storedKillSwitches } = await import('../killSwitches.ts')
    const rows = []
    for (const { chainId, manager, delegation } of await storedKillSwitches(context)) {
      if (chainId !== environment.chainId || manager !== environment.manager) continue
      const { hash, principal, guardian, expiry } = readKillSwitch(delegation, environment)
      const troubles = killSwitchTroubles(
        delegation,
        await readKillSwitchFacts(node, { killSwitch: delegation, environment }),
      )
      const guarded = await guardedBy(context, session, principal, guardian)
      const outlived = guarded.filter((scope) => parseInstant(scope.expiry) >= expiry).map(({ task }) => task.id)
      const tasks = guarded.map(({ task }) => task.id)
      rows.push({ hash, principal, guardian, expiry: formatInstant(expiry), troubles, guards: tasks, outlived })
    }
    const fused = await withoutSwitch(context, environment.chainId)
    const wrong = rows.filter(({ troubles, outlived }) => troubles.length > 0 || outlived.length > 0)
    const failure =
      wrong.length === 0
        ? {}
        : {
            failure: {
              error: new CliError('cli.unhealthy', EXIT.verificationFailed, 'A kill switch does not do its work.', {
                details: { killSwitches: wrong.map(({ hash }) => hash) },
                fix: 'Make a new one with `ambit guardian create`, beyond everything that it is to guard.',
              }),
              exit: EXIT.verificationFailed,
            },
          }
    return {
      data: { killSwitches: rows as unknown as Data, needNone: fused },
      text:
        rows.length === 0
          ? lines(
              'No kill switches for this chain. Make one with `ambit guardian create`.',
              fused.length === 0 ? undefined : NEEDS_NONE,
            )
          : table(
              ['KILL SWITCH', 'PRINCIPAL', 'GUARDIAN', 'UNTIL', 'STATUS', 'GUARDS'],
              rows.map(({ hash, principal, guardian, expiry, troubles, guards, outlived }): Rich[] => [
                hash.slice(0, 10),
                principal,
                guardian,
                expiry,
                troubles.length === 0 ? styled('green', 'works') : styled('red', troubles.join(', ')),
                `${guards.join(', ')}${outlived.length === 0 ? '' : ` (ends before: ${outlived.join(', ')})`}`,
              ]),
            ),
      ...failure,
    }
  },
}

export const guardianFire: Command = {
  name: 'guardian fire',
  summary: 'End everything of a principal with its kill switch',
  description: 'Signed and paid for by the guardian; the principal is not asked. What is granted afterwards lives.',
  arguments: [{ name: 'killSwitch', description: 'its file, or 0x and the beginning of its hash' }],
  options: [CONFIRM, ...KEY_OPTIONS, ...CHAIN_OPTIONS],
  examples: ['ambit guardian fire ./killswitch.json --chain local --account local:guardian --confirm local:principal'],
  async run(context) {
    const { findKillSwitch } = await import('../killSwitches.ts')
    const { raise } = await import('../raise.ts')
    const { chainId, delegation } = await findKillSwitch(context, context.args[0] ?? '')
    const session = await openChain(context, chooseChain(context, chainId))
    const signer = await loadSigner(context, session.choice)
    const { readKillSwitch } = await import('../../grant/guardian.ts')
    const { revokeByGuardian } = await import('../../chain/revokeByGuardian.ts')
    const { principal, guardian } = readKillSwitch(delegation, session.environment)
    if (signer.address.toLowerCase() !== guardian) throw wrongSigner(guardian, signer.address)
    return raise(context, session, {
      account: principal,
      signer,
      confirm: (about) => confirmAll(context, about, `End all of this for ${principal}, for good?`, principal),
      send: (parameters) => revokeByGuardian(session.node, { ...parameters, account: signer, killSwitch: delegation }),
    })
  },
}

const NEEDS_NONE =
  'Grants in one caveat need no kill switch: their guardian ends them with `ambit revoke <grant> --group`.'

/** Ids of grants here whose caveat names its guardian. */
async function withoutSwitch(context: Context, chainId: number): Promise<string[]> {
  return (await storedGrants(context)).flatMap((entry) =>
    'grant' in entry && entry.grant.chainId === chainId && entry.grant.lowering === 'fused' ? [entry.grant.id] : [],
  )
}

/** Effective scopes here that name this guardian. */
async function guardedBy(
  context: Context,
  { environment }: Session,
  principal: Address,
  guardian: Address,
): Promise<Scope[]> {
  return (await storedGrants(context)).flatMap((entry) => {
    if (!('grant' in entry) || entry.grant.chainId !== environment.chainId) return []
    const [scope] = entry.grant.scopes
    // In one caveat the guardian is named itself.
    if (entry.grant.lowering === 'fused') return []
    return scope?.principal === principal && scope.revocation.guardian === guardian ? [scope] : []
  })
}

function wrongSigner(guardian: Address, signer: string): KeyError {
  return new KeyError('key.wrong_signer', 'This key is not that of the guardian.', {
    details: { guardian, signer },
    fix: 'Fire with the account that the kill switch names.',
  })
}

function required(context: Context, name: string): string {
  const given = context.options[name] as string | undefined
  if (given !== undefined) return given
  throw new CliError('cli.missing_option', EXIT.usage, 'The kill switch is not fully described.', {
    details: { missing: [`--${name}`] },
    fix: 'Give --guardian <account> and --expires <time>.',
  })
}
