#!/usr/bin/env node
// Before anything else is loaded: a dependency sends analytics unless this is set when it is first called.
process.env['DO_NOT_TRACK'] = '1'

const { run } = await import('./run.ts')

const interrupt = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort())
// A closed pipe (`ambit grants | head -1`) is the reader's right, not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const exit = await run({
  argv: process.argv.slice(2),
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
})
// Not left to the event loop: a keep-alive socket would hold the process for seconds. Both streams are drained first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exit)))

export {}
