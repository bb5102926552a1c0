import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Environment } from '../../caveats/types.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import type { Home } from '../home.ts'
import { issuerKeySet } from '../issuer.ts'
import type { Journal } from '../journal.ts'
import { toJson } from '../output.ts'

const Answer = z.object({
  data: z.object({ result: z.string(), counts: z.object({ receipts: z.int(), valid: z.int() }) }),
})

const MAIN = fileURLToPath(new URL(`../main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))

/**
 * Has a new process verify every receipt with nothing but what a stranger needs: the files, whom to trust, and where the
 * contracts are. No chain, and a state folder of its own without our keys.
 *
 * @returns How many it found valid; none, unless it found all of them and the journal as a whole to be.
 */
export async function verifyElsewhere(home: Home, journal: Journal, environment: Environment): Promise<number> {
  const trust = home.top('issuer.keys.json')
  const deployment = home.top('deployment.json')
  home.write(trust, `${toJson(await issuerKeySet(home), 2)}\n`)
  home.write(deployment, `${toJson(environment, 2)}\n`)
  const options = ['--trust', trust, '--deployment', deployment, '--home', home.folder('verifier'), '--json']
  const output = await run([MAIN, 'verify', home.folder('receipts'), ...options])
  const answer = Answer.safeParse(parse(output))
  if (!answer.success) {
    throw new CliError('demo.failed', EXIT.runtime, 'The process that verifies did not answer.', {
      details: { output: output.slice(0, 500) },
      fix: 'Run `ambit verify` on the folder of the receipts.',
    })
  }
  const { result, counts } = answer.data.data
  return result === 'valid' && counts.receipts === journal.entries().length ? counts.valid : 0
}

function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
    child.once('error', reject)
    child.once('close', () => resolve(output))
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
