import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { ambit, ambitProcess, useFolder } from '../../test/rig/cli.ts'
import type { Command } from './command.ts'
import { commands } from './commands/index.ts'
import { run } from './run.ts'

const folder = useFolder()
const home = () => join(folder.path, 'home')
const KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const PASSWORD = 'correct horse battery'

describe('run', () => {
  test('default', async () => {
    const { exit, stdout } = await ambit(['--version'])
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '0.1.0\n' })
  })

  test.each([
    [['nope'], 'ambit.cli.v1'],
    [['account'], 'ambit.cli.v1'],
    [['account', 'nope'], 'ambit.cli.v1'],
    [['account', 'new'], 'ambit.account.new.v1'],
    [['account', 'new', 'a', 'b'], 'ambit.account.new.v1'],
    [['doctor', '--bogus'], 'ambit.doctor.v1'],
    [['doctor', '--chain'], 'ambit.doctor.v1'],
    [['doctor', '\u001b[31m'], 'ambit.doctor.v1'],
  ])('behavior: %j is a usage error in one envelope, and in words on stderr only', async (argv, schema) => {
    const machine = await ambit([...argv, '--json'], { home: home() })
    const person = await ambit(argv, { home: home() })
    expect(machine.exit).toBe(2)
    expect(machine.json()).toMatchObject({ schema, ok: false, data: null, error: { code: 'cli.usage', exit: 2 } })
    expect(machine.stderr).toBe('')
    expect(person).toMatchObject({ exit: 2, stdout: '' })
    expect(person.stderr).toContain('cli.usage')
    expect(person.stderr).not.toContain('\u001b')
  })

  test.each([[[]], [['--help']], [['account', '--help']], [['account', 'new', '--help']], [['--version']]])(
    'behavior: help and version are results: %j',
    async (argv) => {
      const machine = await ambit([...argv, '--json'])
      expect(machine.json().data.text).toBe((await ambit(argv)).stdout)
    },
  )

  test('behavior: --json behind -- is data', async () => {
    const { exit, stdout } = await ambit(['doctor', '--', '--json'])
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
  })

  test('behavior: an interruption answers once, with exit 130', async () => {
    const interrupt = new AbortController()
    interrupt.abort()
    const ran = await ambit(['account', 'new', 'interrupted', '--json'], {
      home: home(),
      env: { AMBIT_PASSWORD: PASSWORD },
      signal: interrupt.signal,
    })
    expect(ran.exit).toBe(130)
    expect(ran.json().error?.code).toBe('cli.interrupted')
  })

  test('behavior: every command has examples that begin with its own name, and help', async () => {
    for (const { name, examples } of commands) {
      expect(examples.length).toBeGreaterThan(0)
      for (const example of examples) expect(example).toContain(`ambit ${name}`)
      const { exit, stdout } = await ambit([...name.split(' '), '--help'])
      expect(exit).toBe(0)
      expect(stdout).toContain('Examples:')
    }
  })
})

describe('account', () => {
  test('default', async () => {
    const env = { AMBIT_PASSWORD: PASSWORD }
    const made = (await ambit(['account', 'new', 'made', '--json'], { home: home(), env })).json()
    expect(made).toMatchObject({ schema: 'ambit.account.new.v1', ok: true, data: { name: 'made' } })
    const shown = (await ambit(['account', 'show', 'made', '--unlock', '--json'], { home: home(), env })).json()
    expect(shown.data).toEqual({ ...made.data, unlocked: true })
    const again = await ambit(['account', 'new', 'made', '--json'], { home: home(), env })
    expect(again.exit).toBe(4)
    expect(again.json().error?.code).toBe('key.exists')
  })

  test('behavior: no secret in any output or file but the keystore, where it is encrypted', async () => {
    const password = join(folder.path, 'password')
    writeFileSync(password, `${PASSWORD}\n`)
    const argv = ['account', 'import', 'imported', '--key-stdin', '--password-file', password]
    const ran = await ambit(argv, { home: home(), stdin: `${KEY}\n` })
    const opened = await ambit(['account', 'show', 'imported', '--unlock', '--password-file', password], {
      home: home(),
    })
    expect([ran.exit, opened.exit]).toEqual([0, 0])
    expect(ran.stdout).toContain('0x70997970C51812dc3A010C7d01b50e0d17dc79C8')
    const files = readdirSync(home(), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const texts = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    for (const text of [...texts, ran.stdout, ran.stderr, opened.stdout, opened.stderr]) {
      expect(text).not.toContain(KEY.slice(2, 20))
      expect(text).not.toContain(PASSWORD)
    }
  })

  test.each([
    ['a mistyped key', { stdin: KEY.slice(0, -1) }, 'key.invalid'],
    ['zero', { stdin: `0x${'0'.repeat(64)}` }, 'key.invalid'],
    ['a key past the order', { stdin: 'f'.repeat(64) }, 'key.invalid'],
    ['a short password', { stdin: KEY, env: { AMBIT_PASSWORD: 'short' } }, 'key.weak_password'],
  ])('error: %s is refused without being repeated', async (_name, options, code) => {
    const ran = await ambit(['account', 'import', 'bad', '--key-stdin', '--json'], {
      home: home(),
      env: { AMBIT_PASSWORD: PASSWORD },
      ...options,
    })
    expect(ran.exit).toBe(4)
    expect(ran.json().error?.code).toBe(code)
    expect(ran.stdout + ran.stderr).not.toContain(options.stdin.slice(4, 30))
  })

  test('error: off a terminal a password is never asked for', async () => {
    const ran = await ambitProcess(['account', 'new', 'asked', '--json'], { home: home() })
    expect(ran.exit).toBe(2)
    expect(ran.json().error).toMatchObject({ code: 'cli.missing_option', details: { flag: '--password-file <file>' } })
    expect(ran.stderr).toBe('')
  })

  test('error: a name that leaves the folder', async () => {
    const ran = await ambit(['account', 'new', '../issuer', '--json'], {
      home: home(),
      env: { AMBIT_PASSWORD: PASSWORD },
    })
    expect(ran.exit).toBe(2)
    expect(ran.json().error?.code).toBe('home.bad_name')
  })
})

describe('doctor', () => {
  test('default', async () => {
    const ran = await ambitProcess(['doctor', '--json'], { home: home() })
    expect(ran.exit).toBe(0)
    const { checks } = ran.json().data
    expect(checks.map(({ check }: { check: string }) => check)).toEqual(['node', 'local chain', 'state folder', 'keys'])
    for (const { status, fix } of checks) expect(status === 'ok').toBe(fix === undefined)
  })
})

describe('run: a command that serves on', () => {
  const told: string[] = []
  const serving = (failure?: true): Command => ({
    name: 'serve-on',
    summary: 'Serves',
    examples: [],
    async run(context) {
      if (failure === true) return new Promise(() => {})
      context.defer(() => {
        told.push('closed')
      })
      return { data: { at: 'here' }, text: 'here', serves: true }
    },
  })
  const started = (command: Command, interrupt: AbortController) => {
    const stdout = new PassThrough()
    const exit = run({
      argv: ['serve-on', '--json'],
      env: {},
      stdin: new PassThrough() as never,
      stdout: stdout as never,
      stderr: new PassThrough() as never,
      signal: interrupt.signal,
      commands: [command],
    })
    return { stdout, exit }
  }

  test('default: its result is there at once; Ctrl-C is the way out, and no failure', async () => {
    const interrupt = new AbortController()
    const { stdout, exit } = started(serving(), interrupt)
    const [line] = await once(stdout, 'data')
    expect(JSON.parse(String(line))).toMatchObject({ ok: true, data: { at: 'here' } })
    expect(told).toEqual([])
    interrupt.abort()
    expect([await exit, told]).toEqual([0, ['closed']])
  })

  test('behavior: before it serves Ctrl-C is what it is for every command', async () => {
    const interrupt = new AbortController()
    const { exit } = started(serving(true), interrupt)
    interrupt.abort()
    expect(await exit).toBe(130)
  })
})
