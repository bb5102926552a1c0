import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { encodeFunctionData, parseAbi } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import { readNonce } from '../../src/chain/readNonce.ts'
import { revoke as revokeCommand } from '../../src/cli/commands/revoke.ts'
import { Output } from '../../src/cli/output.ts'
import { encodeContext } from '../../src/delegation/context.ts'
import type { Delegation } from '../../src/delegation/types.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { codeOfAsync } from '../codes.ts'
import { mint, useChain } from '../rig/chain.ts'
import { ambit, type Ran, useFolder } from '../rig/cli.ts'
import { commandContext } from '../rig/context.ts'
import { addressOf, grantOf, nodeOf, payCaveats, upgraded } from '../rig/grant.ts'

/** Ending things from the command line: what is shown before, what ends, what is left as a receipt. */

const chain = useChain()
const folder = useFolder()
let name = 'home'
const home = () => join(folder.path, name)
const KEYS = {
  principal: '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  agent: '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  sub: '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
  third: '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6',
  guardian: '0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a',
  other: '0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba',
} as const
type Who = keyof typeof KEYS
const account = (who: Who) => privateKeyToAccount(KEYS[who])
const address = (who: Who): Address => addressOf(account(who))
const VENDOR: Address = `0x${'7e'.repeat(20)}`

const environment = (who: Who) => ({
  AMBIT_CHAIN: '31337',
  AMBIT_RPC_URL: chain.rpcUrl,
  AMBIT_PRIVATE_KEY: KEYS[who],
})
const deployment = () => join(folder.path, 'deployment.json')
const run = (who: Who, argv: readonly string[], stdin = ''): Promise<Ran> =>
  ambit([...argv, '--deployment', deployment(), '--json'], { home: home(), env: environment(who), stdin })
const receipts = async (): Promise<{ kind: string; grant: string }[]> =>
  (await ambit(['receipts', 'ls', '--json'], { home: home() })).json().data.receipts

const WHAT = ['--payee', VENDOR, '--yes']
async function grant(who: Who, task: string, ...more: string[]): Promise<Ran> {
  const token = chain.token.address
  const flags = ['--to', address('agent'), '--token', token, '--limit', '10', '--expires', '1d', '--task', task]
  return run(who, ['grant', ...flags, ...WHAT, ...more])
}
const idOf = (ran: Ran): string => ran.json().data.grant.id
const pay = async (who: Who, reference: string, amount = '1') => {
  const ran = await run(who, ['redeem', reference, 'transfer', '--to', VENDOR, '--amount', amount])
  return ran.json().data.verdict.code ?? ran.json().data.outcome.status
}
const nonceOf = (who: Who) =>
  readNonce(nodeOf(chain.rpcUrl), { delegator: address(who), environment: chain.environment })

/** Hands a part on, three levels under a grant of the principal. */
async function family(task: string): Promise<string[]> {
  const ids = [idOf(await grant('principal', task, '--redelegate', '3'))]
  const line: [Who, Who][] = [
    ['agent', 'sub'],
    ['sub', 'third'],
    ['third', 'guardian'],
  ]
  for (const [from, to] of line) {
    const patch = JSON.stringify({ task: { id: `${task}-${to}` } })
    const made = await run(from, ['narrow', ids.at(-1) ?? '', '-', '--to', address(to), '--yes'], patch)
    expect(made.json().error).toBeNull()
    ids.push(idOf(made))
  }
  return ids
}

beforeAll(async () => {
  writeFileSync(deployment(), JSON.stringify(chain.environment))
  for (const who of ['principal', 'other'] as const) {
    await upgraded(chain, account(who))
    await mint(chain, address(who), 1_000_000_000n)
  }
})

describe('ambit revoke --all', () => {
  test('default: ends what was named before: own grants, what was handed on, permissions of wallets', async () => {
    name = 'all'
    const [first, ...handedOn] = await family('mine')
    const others = idOf(await grant('other', 'others'))
    // What a wallet grants: one link, with the nonce, and no scope of ours.
    const wallet = await grantOf(chain, [
      { signer: account('principal'), delegate: address('agent'), caveats: payCaveats(chain, 5n) },
    ])
    const context = encodeContext(wallet.delegations)
    expect((await ambit(['wallet', 'import', 'coffee', context, '--chain', '31337'], { home: home() })).exit).toBe(0)
    const killSwitch = ['guardian', 'create', '--guardian', address('guardian'), '--expires', '9d', '--yes']
    expect((await run('principal', killSwitch)).json().error).toBeNull()

    const { data } = (await run('principal', ['revoke', '--all', '--confirm', address('principal')])).json()
    const fates = Object.fromEntries(
      data.known.map((it: { name: string; fate: string; why?: string }) => [it.name, it.why ?? it.fate]),
    )
    expect(fates).toEqual({
      ...Object.fromEntries([first, ...handedOn].map((id) => [id, 'ends'])),
      [others]: 'other_account',
      coffee: 'ends',
      [`guardian ${address('guardian')}`]: 'no_nonce',
    })
    expect(data.alsoEnds).toContain('MetaMask')
    const ended = (await receipts()).filter(({ kind }) => kind === 'revocation').map((it) => it.grant)
    expect(ended.sort()).toEqual([first, ...handedOn].sort())
    const holders: Who[] = ['agent', 'sub', 'third', 'guardian']
    for (const [index, id] of [first, ...handedOn].entries()) {
      expect(await pay(holders[index] as Who, id as string)).toBe('group_revoked')
    }
    expect(await pay('agent', others)).toBe('executed')
    expect((await run('principal', ['verify'])).json().data.result).toBe('valid')
    expect(await pay('agent', idOf(await grant('principal', 'again')))).toBe('executed')
  })

  test('error: --yes is not enough, nor the name of another account; nothing is sent', async () => {
    const nonce = await nonceOf('principal')
    for (const flags of [[], ['--yes']]) {
      const unasked = await run('principal', ['revoke', '--all', ...flags])
      expect([unasked.exit, unasked.json().error]).toMatchObject([
        2,
        { code: 'cli.missing_option', details: { flag: '--confirm <account>' } },
      ])
    }
    const wrong = await run('principal', ['revoke', '--all', '--confirm', address('other')])
    expect(wrong.json().error).toMatchObject({ code: 'cli.usage', details: { confirmed: address('other') } })
    const both = await run('principal', ['revoke', 'again', '--all', '--confirm', address('principal')])
    expect(both.json().error?.code).toBe('cli.usage')
    expect(await nonceOf('principal')).toBe(nonce)
  })

  test('behavior: a person sees by name what ends and what does not, before anything is asked', async () => {
    const stderr = new PassThrough()
    let shown = ''
    stderr.on('data', (chunk: Buffer) => {
      shown += chunk.toString()
    })
    const seen: string[] = []
    const context = {
      ...commandContext(home(), { all: true, deployment: deployment() }, environment('principal')),
      output: new Output({ stdout: stderr, stderr, json: false, quiet: false }),
      prompter: {
        interactive: true,
        password: async () => '',
        confirm: async () => {
          seen.push(shown)
          return false
        },
      },
    }
    // A file that cannot be read holds nobody up.
    writeFileSync(join(home(), 'permissions', 'torn.json'), '{"schema":', { mode: 0o600 })
    const nonce = await nonceOf('principal')
    expect((await codeOfAsync(() => revokeCommand.run(context))).code).toBe('cli.not_confirmed')
    for (const text of [
      'again for',
      'What ends',
      'others for',
      'What does not end',
      'MetaMask',
      'kill switch',
      'cannot be read',
    ]) {
      expect(seen.join()).toContain(text)
    }
    expect(await nonceOf('principal')).toBe(nonce)
    expect(readdirSync(join(home(), 'intents'))).toEqual([])
  })
})

describe('ambit revoke', () => {
  test('default: what was handed on is named, dies at every level, and has a receipt of its own', async () => {
    name = 'cascade'
    const ids = await family('tree')
    const { data } = (await run('principal', ['revoke', 'tree', '--yes'])).json()
    expect(data.grantsDied.toSorted()).toEqual(ids.slice(1).sort())
    const ended = (await receipts()).filter(({ kind }) => kind === 'revocation').map((it) => it.grant)
    expect(ended.sort()).toEqual(ids.toSorted())
    const holders: Who[] = ['agent', 'sub', 'third', 'guardian']
    for (const [index, id] of ids.entries()) expect(await pay(holders[index] as Who, id)).toBe('revoked')
    expect((await run('principal', ['verify'])).json().data.result).toBe('valid')
  })

  test('error: an account that signed no link ends nothing, and is told so before it is asked', async () => {
    const id = idOf(await grant('principal', 'foreign'))
    for (const who of ['agent', 'other'] as const) {
      const ran = await run(who, ['revoke', id])
      expect([ran.exit, ran.json().error]).toMatchObject([4, { code: 'key.wrong_signer' }])
    }
    expect(await pay('agent', id)).toBe('executed')
  })

  test('behavior: enabled again by its own delegator, inspect and verify say so', async () => {
    const ran = await grant('principal', 'undone')
    const { data } = (await run('principal', ['revoke', 'undone', '--yes'])).json()
    const file = JSON.parse(readFileSync(ran.json().data.file, 'utf8')) as { delegations: Delegation[] }
    const [delegation] = file.delegations as [Delegation]
    const abi = parseAbi([
      'struct Caveat { address enforcer; bytes terms; bytes args; }',
      'struct Delegation { address delegate; address delegator; bytes32 authority; Caveat[] caveats; uint256 salt; bytes signature; }',
      'function enableDelegation(Delegation delegation)',
    ])
    const caveats = delegation.caveats.map((caveat) => ({ ...caveat }))
    const args = [{ ...delegation, caveats, salt: BigInt(delegation.salt) }] as const
    const hash = await chain.walletClient(account('principal')).sendTransaction({
      to: chain.environment.manager,
      data: encodeFunctionData({ abi, functionName: 'enableDelegation', args }),
    })
    const { blockNumber } = await chain.publicClient.waitForTransactionReceipt({ hash })
    const told = [
      { delegation: data.revoked[0].hash, endedAt: data.revoked[0].blockNumber, enabledAt: `${blockNumber}` },
    ]
    expect((await run('principal', ['inspect', idOf(ran)])).json().data.undone).toEqual(told)
    const verified = await run('principal', ['verify', ran.json().data.file])
    expect(verified.json().data).toMatchObject({ result: 'valid', undone: told })
  })
})

describe('ambit guardian', () => {
  const create = (...more: string[]) =>
    run('principal', ['guardian', 'create', '--guardian', address('guardian'), '--yes', ...more])
  const guardedGrant = (task: string) => grant('principal', task, '--guardian', address('guardian'))

  test('default: created, asked for at each grant, fired elsewhere; afterwards granting needs another', async () => {
    name = 'guarded'
    const without = await guardedGrant('early')
    expect([without.exit, without.json().error?.code]).toEqual([2, 'grant.guardian_missing'])
    const short = (await create('--expires', '6h')).json()
    expect((await guardedGrant('early')).json().error?.code).toBe('grant.guardian_ends_early')
    const made = (await create('--expires', '9d')).json()
    expect([short.error, made.error]).toEqual([null, null])

    const first = await guardedGrant('first')
    const row = first
      .json()
      .data.plan.coverage.find((it: { constraint: string }) => it.constraint === '/revocation/guardian')
    expect(row.held).toEqual({ by: 'killSwitch', delegation: made.data.hash })
    expect(await pay('agent', 'first')).toBe('executed')
    const checked = (await run('principal', ['guardian', 'check'])).json()
    const rows = Object.fromEntries(checked.data.killSwitches.map((it: { hash: string }) => [it.hash, it as unknown]))
    expect(rows[made.data.hash]).toMatchObject({ troubles: [], guards: ['first'], outlived: [] })
    expect(rows[short.data.hash]).toMatchObject({ outlived: ['first'] })
    expect(checked.error?.code).toBe('cli.unhealthy')

    // On the guardian's own machine, which knows the file and nothing else.
    name = 'guardian'
    const fire = ['guardian', 'fire', made.data.file, '--confirm', address('principal')]
    const fired = (await run('guardian', fire)).json()
    expect(fired).toMatchObject({ ok: true, data: { account: address('principal'), known: [], receipts: [] } })
    name = 'guarded'
    expect(await pay('agent', 'first')).toBe('group_revoked')

    const spent = await guardedGrant('second')
    expect(spent.json().error).toMatchObject({ code: expect.stringMatching(/^grant\.guardian_(dead|ends_early)$/) })
    const again = (await create('--expires', '9d')).json()
    const second = await guardedGrant('second')
    expect(second.json().error).toBeNull()
    expect(await pay('agent', 'second')).toBe('executed')
    expect(again.data.hash).not.toBe(made.data.hash)
  })

  test('error: a switch that the principal disabled is no guard at the next grant', async () => {
    name = 'disabled'
    const made = (await create('--expires', '9d')).json()
    const { delegation } = JSON.parse(readFileSync(made.data.file, 'utf8')) as { delegation: Delegation }
    const abi = parseAbi([
      'struct Caveat { address enforcer; bytes terms; bytes args; }',
      'struct Delegation { address delegate; address delegator; bytes32 authority; Caveat[] caveats; uint256 salt; bytes signature; }',
      'function disableDelegation(Delegation delegation)',
    ])
    expect((await guardedGrant('before')).json().error).toBeNull()
    const caveats = delegation.caveats.map((caveat) => ({ ...caveat }))
    const args = [{ ...delegation, caveats, salt: BigInt(delegation.salt) }] as const
    const data = encodeFunctionData({ abi, functionName: 'disableDelegation', args })
    const hash = await chain.walletClient(account('principal')).sendTransaction({ to: chain.environment.manager, data })
    await chain.publicClient.waitForTransactionReceipt({ hash })
    const refused = (await guardedGrant('after')).json().error
    expect(refused).toMatchObject({ code: 'grant.guardian_dead', details: { codes: ['revoked'] } })
  })

  test('error: fired by somebody else, from a file that is none, or without its name', async () => {
    const [file] = readdirSync(join(home(), 'guardians'))
    const path = join(home(), 'guardians', file ?? '')
    const confirmed = ['--confirm', address('principal')]
    const codes = [
      await run('agent', ['guardian', 'fire', path, ...confirmed]),
      await run('guardian', ['guardian', 'fire', path, '--confirm', address('guardian')]),
      await run('guardian', ['guardian', 'fire', deployment(), ...confirmed]),
      await run('guardian', ['guardian', 'fire', '0xffffffff', ...confirmed]),
      await run('principal', ['guardian', 'create', '--expires', '9d']),
      // Disabled: the chain refuses it, and what was confirmed for nothing is not begun.
      await run('guardian', ['guardian', 'fire', path, ...confirmed]),
    ].map((ran) => ran.json().error?.code)
    expect(codes).toEqual([
      'key.wrong_signer',
      'cli.usage',
      'cli.usage',
      'cli.not_found',
      'cli.missing_option',
      'chain.send_refused',
    ])
    expect(readdirSync(join(home(), 'intents'))).toEqual([])
  })
})

describe('ambit guardian create', () => {
  test('behavior: a plain account is upgraded first, for nobody could fire otherwise', async () => {
    name = 'plain'
    expect(await chain.publicClient.getCode({ address: address('third') })).toBeUndefined()
    const create = ['guardian', 'create', '--guardian', address('guardian'), '--expires', '9d', '--yes']
    const { data } = (await run('third', create)).json()
    const checked = (await run('third', ['guardian', 'check'])).json()
    expect(checked).toMatchObject({ ok: true, data: { killSwitches: [{ hash: data.hash, troubles: [] }] } })
  })
})

describe('ambit narrow, ambit redirect', () => {
  const periodic = (task: string, ...more: string[]) => {
    const flags = ['--to', address('agent'), '--token', chain.token.address, '--limit', '10/360d', '--expires', '800d']
    return run('principal', ['grant', ...flags, ...WHAT, '--task', task, ...more])
  }

  test('default: a budget by period that is in use goes on as it is said, and never twice in one window', async () => {
    name = 'windows'
    const old = idOf(await periodic('day'))
    expect(await pay('agent', 'day', '4')).toBe('executed')
    const redirect = ['redirect', old, '--to', address('sub'), '--yes']
    const unsaid = await run('principal', redirect)
    expect([unsaid.exit, unsaid.json().error?.code]).toEqual([2, 'grant.window_in_use'])
    expect(await pay('agent', old, '0.5')).toBe('executed')
    const { data } = (await run('principal', [...redirect, '--start', 'now'])).json()
    expect(data.scope.budgets.limit.max).toBe('5.5')
    expect(await pay('agent', old, '0.1')).toBe('revoked')
    expect(await pay('sub', 'day', '5.500001')).toBe('period_budget_exceeded')
    expect(await pay('sub', 'day', '5.5')).toBe('executed')

    const next = (
      await run('principal', ['redirect', 'day', '--to', address('agent'), '--start', 'next', '--yes'])
    ).json()
    expect(next.data.scope.notBefore).toMatch(/T00:00:00Z$/)
    expect(await pay('agent', 'day', '1')).toBe('not_yet_valid')
    expect((await run('principal', ['verify'])).json().data.result).toBe('valid')
  })

  test('behavior: what was handed on dies with the old grant; the name of the task means the new one', async () => {
    const ids = await family('passed')
    const smaller = JSON.stringify({ budgets: { limit: { max: '2' } } })
    // What was handed on is not replaced: who handed it on revokes it and hands on another part.
    const child = await run('agent', ['narrow', ids[1] as string, '-', '--yes'], smaller)
    expect([child.exit, child.json().error?.code]).toEqual([2, 'cli.usage'])
    const { data } = (await run('principal', ['narrow', 'passed', '-', '--yes'], smaller)).json()
    expect(data.grantsDied.toSorted()).toEqual(ids.slice(1).sort())
    expect(await pay('sub', ids[1] as string)).toBe('revoked')
    expect((await run('principal', ['inspect', 'passed'])).json().data.grant.id).toBe(data.grant.id)
    expect(await pay('agent', 'passed', '2')).toBe('executed')
  })

  test('behavior: what was accepted for the old grant is for the new one, as far as it is still in question', async () => {
    const accepted = ['--max', '5', '--accept', '/rules/0/max']
    const first = idOf(await grant('principal', 'accepted', ...accepted))
    expect(await pay('agent', first, '2')).toBe('executed')
    const redirect = (who: Who) => ['redirect', 'accepted', '--to', address(who), '--yes']
    const loose = (await run('principal', redirect('sub'))).json()
    const held = (file: string) => JSON.parse(readFileSync(file, 'utf8')).accepted
    expect(held(loose.data.file)).toEqual([['/rules/0/max']])
    expect(await pay('sub', 'accepted', '5')).toBe('executed')
    // 3 are left, and 5 at once is no constraint any more.
    const tight = (await run('principal', redirect('agent'))).json()
    expect(tight.error).toBeNull()
    expect([held(tight.data.file), tight.data.scope.budgets.limit.max]).toEqual([[[]], '3'])
  })

  test('error: wider, nothing said, not the principal, nothing left; and nothing has happened', async () => {
    const id = idOf(await grant('principal', 'kept'))
    const narrow = (who: Who, patch: object, ...more: string[]) =>
      run(who, ['narrow', id, '-', '--yes', ...more], JSON.stringify(patch))
    const codes = [
      await narrow('principal', { budgets: { limit: { max: '11' } } }),
      await run('principal', ['narrow', id, '--yes']),
      await narrow('agent', { budgets: { limit: { max: '5' } } }),
      await narrow('principal', { budgets: { limit: { max: '5' } } }, '--start', 'later'),
      await run('principal', ['redirect', id, '--yes']),
      await run('principal', ['redirect', id, '--to', address('agent'), '--yes']),
    ].map((ran) => ran.json().error?.code)
    expect(codes).toEqual([
      'scope.not_narrower',
      'cli.missing_option',
      'key.wrong_signer',
      'cli.usage',
      'cli.missing_option',
      'cli.usage',
    ])
    expect(await pay('agent', id, '10')).toBe('executed')
    const empty = await run('principal', ['redirect', id, '--to', address('sub'), '--yes'])
    expect(empty.json().error?.code).toBe('grant.nothing_left')
    expect(readdirSync(join(home(), 'intents'))).toEqual([])
  })
})
