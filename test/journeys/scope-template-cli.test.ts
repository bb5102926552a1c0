import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { scopeTemplate } from '../../src/cli/commands/scopeTemplate.ts'
import { questionsOf, templates } from '../../src/scope/templates/index.ts'
import { ambit, ambitProcess, useFolder } from '../rig/cli.ts'

/** From a template's name and a few flags to a grant that an agent pays under. */

const folder = useFolder()
const home = () => join(folder.path, 'home')
const run = (...argv: string[]) => ambit(argv, { home: home(), env: { AMBIT_LOWERING: '' } })

vi.setConfig({ testTimeout: 60_000 })

const WHO = ['--principal', 'local:principal', '--delegate', 'local:agent', '--guardian', 'local:guardian']
const LOCAL = ['--chain', 'local', '--json']

describe('ambit scope template', () => {
  test('default: lists every template with its questions', async () => {
    const { schema, data } = (await run('scope', 'template', '--json')).json()
    expect(schema).toBe('ambit.scope.template.v1')
    expect(data.templates.map(({ name }: { name: string }) => name)).toEqual(templates.map(({ name }) => name))
    expect(data.templates[0].questions[0]).toMatchObject({ name: 'asset', kind: 'token' })
    const { stdout } = await run('scope', 'template')
    for (const { name } of templates) expect(stdout).toContain(`${name}: `)
  })

  test('behavior: a flag for each question, and none beside', () => {
    const asked = new Set(templates.flatMap((template) => questionsOf(template).map(({ name }) => `--${name}`)))
    const chain = ['--chain', '--rpc-url', '--deployment']
    const flags = (scopeTemplate.options ?? []).map(({ flags: text }) => text.split(' ')[0] ?? '')
    expect(new Set(flags)).toEqual(new Set([...asked, ...chain]))
    expect(flags).toHaveLength(asked.size + chain.length)
  })

  test('default: a scope alone on stdout, that a grant takes and an agent uses', async () => {
    const argv = ['scope', 'template', 'allowance', '--chain', 'local', '--asset', 'USDC', '--task', 'bills', ...WHO]
    const more = ['--payees', 'local:vendor, local:supplier', '--limit', '20', '--per', '1d', '--until', '60d']
    const made = await ambitProcess([...argv, ...more], { home: home() })
    expect({ exit: made.exit, stderr: made.stderr }).toEqual({ exit: 0, stderr: '' })
    const file = join(folder.path, 'scope.json')
    writeFileSync(file, made.stdout)
    const granted = (await run('grant', file, '--account', 'local:principal', '--yes', ...LOCAL)).json()
    expect(granted.data).toMatchObject({ lowering: { lowering: 'fused' }, warnings: [] })
    const pay = (to: string, amount: string) =>
      run('redeem', 'bills', 'transfer', '--to', to, '--amount', amount, '--account', 'local:agent', ...LOCAL)
    expect((await pay('local:supplier', '20')).exit).toBe(0)
    expect((await pay('local:vendor', '1')).json().data.verdict.code).toBe('period_budget_exceeded')
    expect((await pay('local:stranger', '1')).json().data.verdict.code).toBe('recipient_not_allowed')
  })

  test('behavior: says on stderr what is unwise, and which enforcer it needs', async () => {
    const argv = ['scope', 'template', 'treasury-payouts', '--chain', 'local', '--asset', 'USDC', ...WHO.slice(0, 4)]
    const more = ['--payees', 'local:vendor', '--limit', '200', '--above', '50', '--until', '120d']
    const { stderr, stdout } = await run(...argv, ...more)
    expect(stderr).toContain('[long_life]')
    expect(stderr).toContain('[no_guardian]')
    expect(stderr).toContain('TaskScopeEnforcer')
    const { task, revocation } = JSON.parse(stdout)
    expect(task.id).toMatch(/^treasury-payouts-[0-9-]{10}-[0-9a-f]{6}$/)
    expect(revocation.group).toBe(task.id)
    const { data } = (await run(...argv, ...more, '--json')).json()
    expect(data).toMatchObject({ template: 'treasury-payouts', lowering: 'fused' })
    expect(data.warnings.map(({ id }: { id: string }) => id)).toEqual(['long_life', 'no_guardian'])
  })

  test('error: what is not answered, no such template, no chain', async () => {
    const missing = (await run('scope', 'template', 'gas-top-up', '--until', '1d', ...LOCAL)).json()
    expect(missing.error).toMatchObject({
      code: 'scope.missing_answer',
      exit: 2,
      details: { pointer: '/accounts', others: expect.arrayContaining(['scope.missing_answer at /limit']) },
    })
    const foreign = (await run('scope', 'template', 'gas-top-up', '--payee', 'local:vendor', ...LOCAL)).json()
    expect(foreign.error).toMatchObject({ code: 'scope.unknown_answer', details: { pointer: '/payee' } })
    expect((await run('scope', 'template', 'rent', ...LOCAL)).json().error).toMatchObject({
      code: 'scope.unknown_template',
    })
    expect((await run('scope', 'template', 'allowance', '--json')).json().error).toMatchObject({
      code: 'cli.missing_option',
    })
    const named = (await run('scope', 'template', 'allowance', '--asset', 'DOGE', ...LOCAL)).json()
    expect(named.error).toMatchObject({ code: 'scope.invalid_address', details: { pointer: '/asset', value: 'DOGE' } })
  })
})
