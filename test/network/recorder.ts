/**
 * Preloaded with `--import`: writes one JSON line for every attempt of this process to reach another one, before the
 * attempt is made, to the file named by AMBIT_NETWORK_LOG. Node children inherit it through NODE_OPTIONS.
 *
 * What goes to another machine is recorded and then sent to a closed port of this one: a watched process stays here.
 */
import childProcess from 'node:child_process'
import dgram from 'node:dgram'
import dns from 'node:dns'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

export type Attempt =
  | { kind: 'socket'; host: string; port: number }
  | { kind: 'pipe'; path: string }
  | { kind: 'name'; method: string; name: string }
  | { kind: 'datagram'; method: string }
  | { kind: 'process'; file: string; args: string[] }
  /** Not an attempt: a server on this port is this process's own, or a local chain that it started. */
  | { kind: 'own'; port: number }

export const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])

type Patchable = Record<string, (...parameters: unknown[]) => unknown>

const log = process.env['AMBIT_NETWORK_LOG']
if (log !== undefined) watch((attempt) => appendFileSync(log, `${JSON.stringify(attempt)}\n`))

function watch(record: (attempt: Attempt) => void): void {
  before(net.Socket.prototype, ['connect'], (_method, parameters) => {
    const attempt = socketAttempt(parameters)
    record(attempt)
    if (attempt.kind === 'socket' && !LOOPBACK.has(attempt.host)) keepHere(parameters)
  })
  before(dgram.Socket.prototype, ['send', 'connect'], (method) => record({ kind: 'datagram', method }))
  for (const resolver of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
    const methods = namesOf(resolver).filter((name) => /^(?:lookup|resolve|reverse)/.test(name))
    before(resolver, methods, (method, [name]) => record({ kind: 'name', method, name: String(name) }))
  }
  watchChildren(record)
  watchServers(record)
  before(childProcess, ['spawnSync', 'execFileSync', 'execSync'], (_method, [file, args]) =>
    record({ kind: 'process', file: String(file), args: Array.isArray(args) ? args.map(String) : [] }),
  )
  // Without this, `import { lookup } from 'node:dns'` would still see the function as it was.
  syncBuiltinESMExports()
}

/** Also reads where a local chain says that it listens: its port is chosen by the system. */
function watchChildren(record: (attempt: Attempt) => void): void {
  const prototype = childProcess.ChildProcess.prototype as unknown as Patchable
  const original = prototype['spawn'] as Patchable[string]
  prototype['spawn'] = function (this: childProcess.ChildProcess, ...parameters) {
    const { file, args } = parameters[0] as { file: string; args?: string[] }
    record({ kind: 'process', file, args: args ?? [] })
    const result = original.apply(this, parameters)
    let output = ''
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(output)?.[1]
      if (port !== undefined) record({ kind: 'own', port: Number(port) })
      if (port !== undefined || output.length > 20_000) this.stdout?.off('data', read)
    }
    if (/anvil[^/]*$/.test(file)) this.stdout?.on('data', read)
    return result
  }
}

function watchServers(record: (attempt: Attempt) => void): void {
  const prototype = net.Server.prototype as unknown as Patchable
  const original = prototype['listen'] as Patchable[string]
  prototype['listen'] = function (this: net.Server, ...parameters) {
    this.once('listening', () => {
      const address = this.address()
      if (typeof address === 'object' && address !== null) record({ kind: 'own', port: address.port })
    })
    return original.apply(this, parameters)
  }
}

/** Calls `look` before each of the methods, which then run as they did. */
function before(
  target: object,
  methods: readonly string[],
  look: (method: string, parameters: unknown[]) => void,
): void {
  const object = target as Patchable
  for (const method of methods) {
    const original = object[method]
    if (typeof original !== 'function') throw new TypeError(`nothing to watch: ${method}`)
    object[method] = function (this: unknown, ...parameters: unknown[]) {
      look(method, parameters)
      return original.apply(this, parameters)
    }
  }
}

function namesOf(object: object): string[] {
  return Object.getOwnPropertyNames(object).filter((name) => typeof (object as Patchable)[name] === 'function')
}

/** Nothing listens on the discard port: the attempt fails at once, as in a machine without a network. */
function keepHere(parameters: unknown[]): void {
  const first: unknown = Array.isArray(parameters[0]) ? parameters[0][0] : parameters[0]
  if (typeof first === 'object' && first !== null) Object.assign(first, { host: '127.0.0.1', port: 9 })
  else parameters.splice(0, 2, 9, '127.0.0.1')
}

/** `connect(port, host)`, `connect(path)`, `connect(options)`, and Node's own form of the three: `[options, callback]`. */
function socketAttempt(parameters: unknown[]): Attempt {
  const first: unknown = Array.isArray(parameters[0]) ? parameters[0][0] : parameters[0]
  if (typeof first === 'object' && first !== null) {
    const { host, port, path } = first as { host?: string; port?: number | string; path?: string }
    // TLS passes a `path` beside the port where the caller speaks HTTP: the port decides.
    if (port === undefined && path !== undefined) return { kind: 'pipe', path }
    return { kind: 'socket', host: host ?? 'localhost', port: Number(port) }
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return { kind: 'pipe', path: first }
  return { kind: 'socket', host: typeof parameters[1] === 'string' ? parameters[1] : 'localhost', port: Number(first) }
}
