/**
 * Deploys the TaskScopeEnforcer and its reader where they belong: `node scripts/deploy.ts --chain <name> --rpc-url <url>` says
 * what is there and what the rest would cost, `--send` deploys it with a key as `ambit` takes one. Anybody may: the address
 * follows from the manager and the code.
 */
import { pathToFileURL } from 'node:url'
import type { DeployedNow, PlannedContract } from '../src/chain/deployTaskScope.ts'
import { chainName } from '../src/cli/chains.ts'
import type { Command } from '../src/cli/command.ts'
import { KEY_OPTIONS, loadSigner } from '../src/cli/keys.ts'
import { lines, type Rich, table } from '../src/cli/output.ts'
import { run, type World } from '../src/cli/run.ts'
import { CHAIN_OPTIONS, chooseChain, openChain } from '../src/cli/session.ts'

export const deploy: Command = {
  name: 'deploy',
  summary: 'Plan the deployment of the TaskScopeEnforcer, and with --send deploy it',
  description:
    'Idempotent: what is there is left alone. Refused where the manager or what stands at an address has other code than the known one.',
  options: [
    ...CHAIN_OPTIONS,
    ...KEY_OPTIONS,
    { flags: '--send', description: 'deploy what is missing; without it nothing is sent and no key is read' },
  ],
  examples: [
    'node scripts/deploy.ts --chain sepolia --rpc-url https://rpc.example --json',
    'node scripts/deploy.ts --chain sepolia --rpc-url https://rpc.example --send --account deployer',
  ],
  async run(context) {
    const { deployTaskScope, planTaskScope } = await import('../src/chain/deployTaskScope.ts')
    const choice = chooseChain(context)
    const account = context.options['send'] === true ? await loadSigner(context, choice) : undefined
    const { node, environment, save } = await openChain(context, choice)
    const { chainId, manager } = environment
    if (account === undefined) {
      const { contracts } = await planTaskScope(node, { environment })
      const text = ['Nothing was sent. Deploy what is absent with --send.', render(contracts)]
      return { data: { chainId, manager, sent: false, contracts }, text: lines(...text) }
    }
    context.output.progress(`Deploying on ${chainName(chainId)}…`)
    const contracts = await deployTaskScope(node, { account, environment })
    await save()
    return { data: { chainId, manager, sent: true, contracts }, text: render(contracts) }
  },
}

/** Runs the script as `ambit` runs a command: same output, keys and exit codes. */
export function runDeploy(world: World): ReturnType<typeof run> {
  return run({ ...world, argv: ['deploy', ...world.argv], commands: [deploy] })
}

function render(contracts: readonly (PlannedContract | DeployedNow)[]): Rich {
  return table(
    ['CONTRACT', 'ADDRESS', 'STATUS'],
    contracts.map((contract) => [contract.name, contract.address, statusOf(contract)]),
  )
}

function statusOf(contract: PlannedContract | DeployedNow): string {
  if (!('status' in contract)) {
    return contract.transactionHash === null ? 'was there' : `deployed for ${contract.gasUsed} gas`
  }
  return contract.status === 'deployed' ? `there, code ${contract.codeHash}` : `absent, about ${contract.gas} gas`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.env['DO_NOT_TRACK'] = '1'
  const { stdin, stdout, stderr, env } = process
  process.exitCode = await runDeploy({ argv: process.argv.slice(2), env, stdin, stdout, stderr })
}
