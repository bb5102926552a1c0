import { z } from 'zod'
import type { Environment } from '../caveats/types.ts'
import { taskScopeAddress } from '../chain/taskScope.ts'
import { parseAddress } from '../primitives/address.ts'
import { parseJson } from '../primitives/json.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import { readInput } from './stdin.ts'

const Account = z.string().transform((text) => parseAddress(text))

/** `--deployment`: where the framework is on a chain without the canonical one. */
const Deployment = z.strictObject({
  chainId: z.int().min(1),
  framework: z.literal('1.3.0'),
  manager: Account,
  entryPoint: Account,
  simpleFactory: Account,
  implementations: z.strictObject({ hybrid: Account, multiSig: Account, stateless7702: Account }),
  enforcers: z.record(z.string().regex(/^[A-Za-z0-9]{1,64}$/), Account),
})

/** Reads a deployment file. @throws {@link CliError} `cli.usage`, `cli.chain_mismatch`. */
export function readDeployment(path: string, chainId: number): Environment {
  const parsed = Deployment.safeParse(parseJson(readInput(path)))
  if (!parsed.success) {
    throw new CliError('cli.usage', EXIT.usage, 'This is not a deployment file.', {
      details: { path, at: `/${parsed.error.issues[0]?.path.map(String).join('/') ?? ''}` },
      fix: 'Give chainId, framework "1.3.0", manager, entryPoint, simpleFactory, implementations and enforcers.',
    })
  }
  if (parsed.data.chainId !== chainId) {
    throw new CliError('cli.chain_mismatch', EXIT.usage, 'The deployment file is for another chain.', {
      details: { given: chainId, file: parsed.data.chainId },
      fix: 'Give the file of this chain.',
    })
  }
  const { enforcers, ...rest } = parsed.data
  // Where our enforcer is follows from the manager; a file may name another one.
  return { ...rest, enforcers: { TaskScopeEnforcer: taskScopeAddress(rest.manager), ...enforcers } }
}
