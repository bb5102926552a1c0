import { AmbitError } from '../../errors.ts'
import { type Check, checkChain } from '../checkChain.ts'
import type { Command, Context } from '../command.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { lines, type Rich, styled, table, untrusted } from '../output.ts'
import { CHAIN_OPTIONS, namesChain } from '../session.ts'
import { version } from '../version.ts'

export const doctor: Command = {
  name: 'doctor',
  summary: 'Check this machine, and with --chain the chain and the account',
  description: 'Exits 1 when something fails; a warning alone exits 0. Works without any key.',
  options: [
    ...CHAIN_OPTIONS,
    { flags: '--account <address>', description: 'also check this principal: an address or an account name' },
  ],
  examples: ['ambit doctor', 'ambit doctor --chain sepolia --rpc-url https://rpc.example --account treasury'],
  async run(context) {
    const checks = await checkMachine(context)
    if (namesChain(context)) checks.push(...(await checkChain(context)))
    const failed = checks.filter(({ status }) => status === 'fail')
    return {
      data: { version: version(), checks },
      text: render(checks),
      ...(failed.length === 0
        ? {}
        : {
            failure: {
              exit: EXIT.runtime,
              error: new CliError('cli.unhealthy', EXIT.runtime, 'Some checks failed.', {
                details: { failed: failed.map(({ check }) => check) },
                fix: 'Follow the fix of each row that failed.',
              }),
            },
          }),
    }
  },
}

/** Rows about this machine alone. */
export async function checkMachine(context: Context): Promise<Check[]> {
  return [await checkNode(), await checkEngine(), checkHome(context), checkSecrets(context)]
}

async function checkNode(): Promise<Check> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const enough = major > 20 || (major === 20 && minor >= 19)
  const found = process.versions.node
  if (enough) return { check: 'node', status: 'ok', found }
  return { check: 'node', status: 'fail', found, fix: 'Install Node 20.19 or later.' }
}

/** An engine is for `--chain local` alone: its absence is no failure. */
async function checkEngine(): Promise<Check> {
  const check = 'local chain'
  try {
    const { findAnvil } = await import('../../testing/anvil.ts')
    const anvil = findAnvil()
    if (anvil !== null) return { check, status: 'ok', found: anvil }
    return {
      check,
      status: 'warning',
      found: 'no anvil',
      fix: 'Only --chain local needs it: install Foundry, or set AMBIT_ANVIL to an anvil binary.',
    }
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
    return { check, status: 'warning', found: error.shortMessage, fix: error.fix }
  }
}

function checkHome(context: Context): Check {
  const check = 'state folder'
  try {
    const home = context.home()
    const mode = home.mode(home.path) ?? 0
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      return { check, status: 'warning', found: `${home.path}, others may read it`, fix: `chmod 700 ${home.path}` }
    }
    return { check, status: 'ok', found: home.path }
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
    return { check, status: 'fail', found: error.shortMessage, fix: error.fix }
  }
}

/** Files with keys that others may read, and a key in the environment. */
function checkSecrets(context: Context): Check {
  const check = 'keys'
  if (context.env['AMBIT_PRIVATE_KEY']) {
    return {
      check,
      status: 'warning',
      found: 'AMBIT_PRIVATE_KEY is set',
      fix: 'Import it (`ambit account import`) and unset it: every process of yours can read it.',
    }
  }
  let names: string[] = []
  try {
    const home = context.home()
    names = home.list('keystores')
    const paths = [...names.map((name) => home.file('keystores', `${name}.json`)), home.top('issuer.jwk')]
    const open = process.platform === 'win32' ? [] : paths.filter((path) => ((home.mode(path) ?? 0) & 0o077) !== 0)
    if (open.length > 0) {
      return { check, status: 'fail', found: `others may read ${untrusted(open)}`, fix: 'chmod 600 on each of them.' }
    }
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
  }
  return { check, status: 'ok', found: names.length === 1 ? '1 account' : `${names.length} accounts` }
}

const MARK = { ok: styled('green', 'ok'), warning: styled('yellow', 'warning'), fail: styled('red', 'FAIL') }

function render(checks: readonly Check[]): Rich {
  return [
    table(
      ['CHECK', 'STATUS', 'FOUND'],
      checks.map(({ check, status, found }) => [check, MARK[status], found]),
    ),
    ...checks.flatMap(({ check, fix }) =>
      fix === undefined ? [] : [lines([styled('cyan', 'Fix '), `${check}: ${fix}`])],
    ),
  ]
}
