import { parseArgs } from 'node:util'
import { check } from './check.ts'
import { startExample } from './start.ts'

const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, port: { type: 'string', default: '5710' } },
})

if (values.check) {
  for await (const line of check()) console.log(line)
} else {
  const example = await startExample({ port: Number(values.port) }).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'EADDRINUSE') throw error
    console.error(`Port ${values.port} is taken. Choose another: npm run example:dapp -- --port 5711`)
    process.exit(1)
  })
  console.log(`
  Allowance  ${example.url}

  A chain, a redeemer, an agent and a wallet, all on this machine. Ctrl-C ends them.
`)
  const end = () => {
    // A second Ctrl-C does not wait.
    process.once('SIGINT', () => process.exit(130))
    example.stop().then(() => process.exit(0))
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
}
