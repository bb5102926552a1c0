/**
 * The command line, killed with SIGKILL at its n-th step (`DIE_AT`, from 1): a step is a durable write or removal of its
 * state, just before it, and a transaction, just before it is sent and just after. Locks are no state. A process that has
 * fewer steps ends by itself.
 */
import { sep } from 'node:path'
import { Home } from '../../src/cli/home.ts'
import { run } from '../../src/cli/run.ts'

let left = Number(process.env['DIE_AT'])

function step(): void {
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}

for (const name of ['write', 'create', 'remove'] as const) {
  const real = Home.prototype[name] as (this: Home, path: string, text: string) => boolean | undefined
  Home.prototype[name] = function (this: Home, path: string, text = '') {
    if (!path.includes(`${sep}locks${sep}`)) step()
    return real.call(this, path, text)
  } as never
}

const realFetch = globalThis.fetch
globalThis.fetch = async (input, init) => {
  const sends = typeof init?.body === 'string' && init.body.includes('eth_sendRawTransaction')
  if (sends) step()
  const answer = await realFetch(input, init)
  if (sends) step()
  return answer
}

process.exitCode = await run({
  argv: process.argv.slice(2),
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})
